"""Build what a command is run with, from its options, the user's files and those we ship."""

from pipeline.cli.build.adapters import Archive, hands_of, shelf, sources_of
from pipeline.cli.build.files import ledger_of, ledger_path, rule_file, settings_of
from pipeline.cli.build.options import APPLICATION, MESSAGE, Day, Moment, Number, json_option, now_option
from pipeline.cli.build.output import NO_APPLICATIONS, progress_bar, save, save_private
from pipeline.cli.build.own import own_tables
from pipeline.cli.build.rules import (
    english,
    funnel_from,
    names_of,
    patience_of,
    promises_of,
    rules_of,
    sender_of,
    words_of,
)
from pipeline.cli.build.table import Bar, echo_table

__all__ = [
    "APPLICATION",
    "MESSAGE",
    "NO_APPLICATIONS",
    "Archive",
    "Bar",
    "Day",
    "Moment",
    "Number",
    "echo_table",
    "english",
    "funnel_from",
    "hands_of",
    "json_option",
    "ledger_of",
    "ledger_path",
    "names_of",
    "now_option",
    "own_tables",
    "patience_of",
    "progress_bar",
    "promises_of",
    "rule_file",
    "rules_of",
    "save",
    "save_private",
    "sender_of",
    "settings_of",
    "shelf",
    "sources_of",
    "words_of",
]
