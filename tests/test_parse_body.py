"""Which part is the text, how it is decoded, and what HTML shows to its reader."""

from __future__ import annotations

import base64
import quopri

import pytest
from hypothesis import given, settings, strategies as st

from pipeline.errors import ParseFailure
from pipeline.parse import parse
from pipeline.parse.body import choose_text, decode, unwrap_flowed
from pipeline.parse.html import hosts, html_to_text
from pipeline.parse.text import normalise
from pipeline.records import Direction

HEAD = "From: Rosa <rosa@acme.example>\r\nSubject: Your application\r\nDate: Tue, 03 Mar 2026 09:00:00 +0000\r\n"
LONG = "We read your application with pleasure. " * 20


def part(body, ctype="text/plain; charset=utf-8", extra=""):
    return f"Content-Type: {ctype}\r\n{extra}\r\n{body}"


def multi(*parts, subtype="mixed", boundary="b"):
    inner = "".join(f"--{boundary}\r\n{one}\r\n" for one in parts)
    return f'Content-Type: multipart/{subtype}; boundary="{boundary}"\r\n\r\n{inner}--{boundary}--\r\n'


def parsed(entity):
    octets = HEAD.encode() + (entity if isinstance(entity, bytes) else entity.encode())
    return parse(octets, direction=Direction.IN, internaldate=None)


def text_of(entity):
    return parsed(entity).text


NAMED = 'Content-Disposition: attachment; filename="letter.txt"\r\n'


@pytest.mark.parametrize(
    ("entity", "text"),
    [
        (part("plain"), "plain"),
        (multi(part("plain"), part("<p>html</p>", "text/html"), subtype="alternative"), "plain"),
        (multi(part(" \r\n"), part("<p>html</p>", "text/html"), subtype="alternative"), "html"),
        (multi(part("View in a browser"), part(f"<p>{LONG}</p>", "text/html"), subtype="alternative"), LONG.strip()),
        (multi(part("Short note."), part("<p>Short note.</p>", "text/html"), subtype="alternative"), "Short note."),
        (multi(part("one"), part("two")), "one\n\ntwo"),
        (multi(part("body"), part("file", extra=NAMED)), "body"),
        (multi(part(""), part("file", extra=NAMED)), "file"),
        (part("file", extra=NAMED), "file"),
        (part("named", 'text/plain; name="mail.txt"'), "named"),
        (part("odd", "text/x-odd"), "odd"),
        (part("<bold>Un</bold>fortunately", "text/enriched"), "Unfortunately"),
        (part("no type at all", ""), "no type at all"),
        (part("half a type", "text"), "half a type"),
        (part("--\r\n\r\nno boundary", "multipart/mixed"), "--\n\nno boundary"),
        (multi(part("body"), part("%PDF", "application/pdf")), "body"),
        (multi(multi(part("deep"), boundary="c", subtype="related"), part("x", "image/png")), "deep"),
    ],
)
def test_the_text_is_the_senders(entity, text):
    assert text_of(entity) == text


def test_an_attached_message_does_not_leak():
    forwarded = part("From: x@other.example\r\nSubject: Offer\r\n\r\nWe offer you the job.", "message/rfc822")
    message = parsed(multi(part("See attached."), forwarded))
    assert message.text == "See attached."
    assert "offer" not in message.quoted


def test_an_attached_message_alone_is_the_text():
    inner = "From: =?utf-8?q?J=C3=B6rg?= <j@other.example>\r\nSubject: Interview\r\n" + multi(
        part("<p>Come on Friday.</p>", "text/html"), boundary="inner"
    )
    text = text_of(multi(part(inner, "message/rfc822")))
    assert text == "From: Jörg <j@other.example>\nSubject: Interview\n\nCome on Friday."


@pytest.mark.parametrize(
    ("entity", "reason"),
    [
        (part("%PDF", "application/pdf"), "no readable text: only application/pdf"),
        (multi(part(" "), part("JPG", "image/jpeg")), "no readable text: only image/jpeg"),
        (part("<img src='cid:1'>", "text/html"), "no readable text: only text/html"),
        (part("\u200b\u200d"), "no readable text: only text/plain"),
    ],
)
def test_what_cannot_be_read_is_never_an_empty_text(entity, reason):
    with pytest.raises(ParseFailure) as failure:
        parsed(entity)
    assert str(failure.value) == reason


def test_an_empty_body_under_a_subject_is_fine():
    assert text_of(part("")) == ""


def test_an_empty_body_without_a_subject_is_not():
    with pytest.raises(ParseFailure, match="no text"):
        parse(b"From: a@b.example\r\n\r\n\r\n", direction=Direction.IN, internaldate=None)


# ------------------------------------------------------------------ transfer encodings and charsets


@pytest.mark.parametrize(
    ("charset", "text"),
    [
        ("utf-8", "Grüße"),
        ("iso-8859-1", "Grüße"),
        ("windows-1252", "\u2013 Grüße \u20ac"),
        ("iso-8859-15", "Grüße \u20ac"),
        ("koi8-r", "Приглашение"),
        ("windows-1255", "ראיון"),
        ("shift_jis", "面接のご案内"),
        ("iso-2022-jp", "面接のご案内"),
        ("euc-kr", "면접 안내"),
        ("gb2312", "面试通知"),
        ("big5", "面試通知"),
        ("hz", "面试"),
        ("utf-7", "Grüße"),
    ],
)
@pytest.mark.parametrize("transfer", ["base64", "quoted-printable", "8bit"])
def test_charsets_are_decoded(charset, text, transfer):
    check_charset(charset, text, transfer)


@pytest.mark.parametrize("transfer", ["base64", "quoted-printable"])
def test_utf_16_is_decoded_where_it_may_be_sent(transfer):
    """RFC 2781 section 3: it is not for lines of text, so never as 8bit."""
    check_charset("utf-16", "Grüße", transfer)


def check_charset(charset, text, transfer):
    raw = text.encode(charset)
    coded = {"base64": base64.encodebytes, "quoted-printable": quopri.encodestring, "8bit": bytes}[transfer](raw)
    head = f"Content-Type: text/plain; charset={charset}\r\nContent-Transfer-Encoding: {transfer}\r\n\r\n"
    assert text_of(head.encode() + coded) == normalise(text)


@pytest.mark.parametrize(
    ("octets", "charset", "text"),
    [
        ("Grüße".encode(), None, "Grüße"),
        ("Grüße".encode("cp1252"), None, "Grüße"),
        ("Grüße".encode("cp1252"), "utf-8", "Grüße"),
        ("Grüße".encode(), "us-ascii", "Grüße"),
        (b"abc", "utf-16", "abc"),
        (b"abc-xyz", "punycode", "abc-xyz"),
        (b"abc", "rot13", "abc"),
        (b"abc", "cp037", "abc"),
        (b"abc", "zlib_codec", "abc"),
        (b"abc", "../../etc/passwd", "abc"),
        (b"abc", "utf-8\0", "abc"),
        (b"abc", "x" * 60_000, "abc"),
        ("cut in the midd\u00fc".encode()[:-1], "utf-8", "cut in the midd"),
        (("ü" * 50).encode() + b"\xff" + b"a", "utf-8", "ü" * 50 + "\ufffda"),
        (b"\x00\x01\x02\xff" * 50, "utf-8", ""),
    ],
)
def test_a_charset_is_believed_as_far_as_it_goes(octets, charset, text):
    assert decode(octets, charset) == text


@given(st.binary(), st.text(max_size=12))
def test_decoding_never_raises(octets, charset):
    decode(octets, charset).encode()


def test_html_may_name_its_own_charset():
    octets = "<meta charset='windows-1255'><p>ראיון</p>".encode("cp1255")
    assert text_of(b"Content-Type: text/html\r\n\r\n" + octets) == "ראיון"


# ------------------------------------------------------------------ format=flowed


@pytest.mark.parametrize(
    ("text", "unwrapped"),
    [
        ("one \ntwo\nthree", "one two\nthree"),
        ("> a \n> b\nc", "> a b\nc"),
        ("> a \nb", "> a \nb"),
        (">> a \n> b", ">> a \n> b"),
        ("bye \n-- \nRosa", "bye \n-- \nRosa"),
        (" From here \non", "From here on"),
    ],
)
def test_flowed_lines_are_joined(text, unwrapped):
    assert unwrap_flowed(text) == unwrapped


def test_delsp_takes_the_space_away():
    assert unwrap_flowed("Unfor \ntunately", delete_space=True) == "Unfortunately"
    entity = part("Unfor \r\ntunately", "text/plain; format=flowed; delsp=yes")
    assert text_of(entity) == "Unfortunately"


# ------------------------------------------------------------------ HTML


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>Hello <b>Sam</b>!</p><p>Bye</p>", "Hello Sam!\n\nBye"),
        ("<div>one</div><div>two</div>", "one\ntwo"),
        ("one<br>two<br><br>three", "one\ntwo\n\nthree"),
        ("<p>  spaced \n out </p>", "spaced out"),
        (
            "<table><tr><td>Date</td><td>3 March</td></tr><tr><td>Place</td><td>Here</td></tr></table>",
            "Date 3 March\nPlace Here",
        ),
        ("<ul><li>a</li><li>b</li></ul>", "- a\n- b"),
        ("<pre>a\n  b</pre>", "a\nb"),
        ("<p>a&nbsp;b &amp; c</p>", "a b & c"),
        ("<title>t</title><style>p{}</style><script>x()</script><p>a</p><!-- b -->", "a"),
        ("<p hidden>secret</p><p>a</p>", "a"),
        ("<div style='DISPLAY : none'>secret</div>a", "a"),
        ("<div style='color:red; display:none !important;'>secret</div>a", "a"),
        ("<div style='max-height:0;overflow:hidden'>secret</div>a", "a"),
        ("<div style='max-height:0.5em'>shown</div>", "shown"),
        ("<div style='font-size:0'>secret</div>a", "a"),
        (
            "<td style='font-size:0px;padding:1px'><div style='font-size:13px'>laid out by a template</div></td>",
            "laid out by a template",
        ),
        ("<div style='font-size:0.9em'>small print</div>", "small print"),
        ("<img alt='We invite you'>", "We invite you"),
        ("<img alt='logo'><p>a</p>", "a"),
        (
            "<p>new</p><blockquote type=cite><p>old</p><blockquote class=gmail_quote>older</blockquote></blockquote>",
            "new\n\n> old\n\n> > older",
        ),
        ("<p>a</p><blockquote>indented</blockquote>", "a\n\nindented"),
        ("", ""),
    ],
)
def test_html_is_read_as_it_is_seen(html, text):
    assert normalise(html_to_text(html)) == text


def test_deep_html_is_no_matter():
    assert normalise(html_to_text("<div>" * 20_000 + "deep")) == "deep"


@settings(deadline=None)
@given(
    st.lists(
        st.sampled_from(["<p>", "</p>", "<br>", "a ", "<td", "style='", "<!--", "<li>", "&amp", ">", "<pre>\n", "\0"])
    )
)
def test_no_html_raises(pieces):
    html_to_text("".join(pieces))


def test_hosts_of_html_are_those_of_its_links():
    html = (
        '<img src="https://pixel.example/x"><a HREF = "https://Jobs.example:443/a?b">x</a><a href=http://two.example/>'
    )
    assert list(hosts(html, markup=True)) == ["jobs.example", "two.example"]


def test_a_reply_in_html_loses_its_quote():
    quote = '<div class="gmail_quote">On Tue, 3 Mar 2026 Rosa wrote:<blockquote>Friday?</blockquote></div>'
    html = f"<p>Yes, Friday suits me.</p>{quote}"
    message = parsed(part(html, "text/html"))
    assert message.text == "Yes, Friday suits me."
    assert "Friday?" in message.quoted


def test_html_in_many_parts_costs_as_one():
    parts = [part("<div>" * 20_000 + "text", "text/html")] * 20
    assert text_of(multi(*parts)).startswith("text")


def test_the_longer_plain_text_wins_without_a_look_at_the_html():
    assert choose_text([LONG], ["<p>other</p>"]) == LONG.strip()
