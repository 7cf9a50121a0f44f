"""Working days: what a promise of ten of them comes to."""

from __future__ import annotations

import subprocess
import sys
from datetime import date, timedelta

import pytest
from hypothesis import given, strategies as st

from pipeline.errors import ConfigError
from pipeline.workdays import Workdays

ANY = Workdays()
DAYS = st.dates(date(2020, 1, 1), date(2035, 12, 31))
CALENDARS = st.sampled_from(["", "DE", "DE-BY", "US", "FR", "IL", "AE"]).map(Workdays)


@pytest.mark.parametrize(
    ("country", "day", "is_one"),
    [
        ("", date(2026, 3, 6), True),
        ("", date(2026, 3, 7), False),
        ("", date(2026, 12, 25), True),
        ("DE", date(2026, 12, 25), False),
        ("DE", date(2026, 1, 6), True),
        ("DE-BY", date(2026, 1, 6), False),
        ("US", date(2026, 11, 26), False),
        ("GB-SCT", date(2026, 11, 30), False),
        ("IL", date(2026, 3, 8), True),
        ("IL", date(2026, 3, 13), False),
    ],
)
def test_a_country_and_a_part_of_it_have_their_own_holidays_and_weekends(country, day, is_one):
    assert Workdays(country).is_workday(day) is is_one


@pytest.mark.parametrize(
    ("country", "day", "n", "expected"),
    [
        ("", date(2026, 3, 2), 5, date(2026, 3, 9)),
        ("", date(2026, 3, 6), 1, date(2026, 3, 9)),
        ("", date(2026, 3, 7), 1, date(2026, 3, 9)),
        ("", date(2026, 12, 23), 3, date(2026, 12, 28)),
        ("DE", date(2026, 12, 23), 3, date(2026, 12, 29)),
        ("GB-ENG", date(2026, 12, 23), 3, date(2026, 12, 30)),
    ],
)
def test_the_nth_working_day_leaves_out_weekends_and_holidays(country, day, n, expected):
    assert Workdays(country).after(day, n) == expected


def test_working_days_between_two_days_count_the_last_and_not_the_first():
    assert ANY.between(date(2026, 3, 2), date(2026, 3, 9)) == 5
    assert ANY.between(date(2026, 3, 6), date(2026, 3, 8)) == 0
    assert ANY.between(date(2026, 3, 9), date(2026, 3, 2)) == 0


def test_a_week_ends_with_its_last_working_day():
    assert ANY.last_of_week(date(2026, 3, 2)) == date(2026, 3, 6)
    assert ANY.last_of_week(date(2026, 3, 8)) == date(2026, 3, 6)
    assert Workdays("DE").last_of_week(date(2026, 3, 30)) == date(2026, 4, 2)  # before Good Friday
    assert Workdays("IL").last_of_week(date(2026, 3, 8)) == date(2026, 3, 12)  # Sunday to Thursday


def test_a_month_ends_with_its_last_working_day():
    assert ANY.last_of_month(date(2026, 5, 4)) == date(2026, 5, 29)
    assert ANY.last_of_month(date(2026, 12, 31)) == date(2026, 12, 31)
    assert Workdays("DE").last_of_month(date(2027, 5, 1)) == date(2027, 5, 31)
    assert Workdays("US").last_of_month(date(2027, 5, 1)) == date(2027, 5, 28)  # Memorial Day


@pytest.mark.parametrize("country", ["XX", "Germany", "DE-ZZ", "-", "DE-", "de_DE", "HolidayBase"])
def test_an_unknown_country_is_refused_in_one_sentence_with_a_remedy(country):
    with pytest.raises(ConfigError, match="write an ISO 3166 code such as DE") as caught:
        Workdays(country).is_workday(date(2026, 3, 2))
    assert repr(country) in str(caught.value)
    assert "\n" not in str(caught.value)


@given(CALENDARS, DAYS, st.integers(1, 40))
def test_the_nth_working_day_is_a_working_day_with_n_of_them_since(workdays, day, n):
    found = workdays.after(day, n)
    assert workdays.is_workday(found)
    assert workdays.between(day, found) == n


@given(CALENDARS, DAYS)
def test_the_nearest_working_days_enclose_the_day(workdays, day):
    before, after = workdays.on_or_before(day), workdays.on_or_after(day)
    assert before <= day <= after
    assert (before == after) is workdays.is_workday(day)
    assert not any(workdays.is_workday(before + timedelta(n)) for n in range(1, (after - before).days))


@given(CALENDARS, DAYS)
def test_no_working_day_of_the_month_comes_after_its_last(workdays, day):
    last = workdays.last_of_month(day)
    assert (last.year, last.month) == (day.year, day.month)
    assert workdays.on_or_after(last + timedelta(1)).month != day.month


def test_without_a_country_no_holidays_are_loaded():
    program = (
        "import sys, datetime; from pipeline.workdays import Workdays\n"
        "Workdays('DE'); Workdays().after(datetime.date(2026, 3, 2), 5)\n"
        "print('holidays' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
