"""Links that open a mail which is ready to be sent: one line, and the token."""

from __future__ import annotations

from urllib.parse import quote


def reply_url(address: str, line: str, token: str) -> str:
    """A mailto URL (RFC 6068) that asks ``address``, who is ourselves, for what ``line`` says, or begins to say."""
    body = f"{line}\r\n\r\n{token}\r\n"  # section 5: line breaks are %0D%0A
    return f"mailto:{quote(address, safe='@')}?subject={_quoted(f'unghost: {line.strip()}')}&body={_quoted(body)}"


def _quoted(text: str) -> str:
    """Percent-encoded as UTF-8; a space is %20, since section 5 gives + no meaning."""
    return quote(text, safe="")
