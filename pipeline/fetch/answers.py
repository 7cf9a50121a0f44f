"""What imapclient and imaplib raise, turned into our errors; no exception of theirs gets past this module."""

from __future__ import annotations

import ast
import imaplib
import re
from typing import TYPE_CHECKING

from imapclient.exceptions import InvalidCriteriaError, LoginError as RefusedLogin

from pipeline.connect import connection_failure, server_words
from pipeline.errors import CertificateError, LoginError, NetworkError, UnghostError

if TYPE_CHECKING:
    from pipeline.config import Account

# What a hostile or broken answer makes the two libraries raise, besides their own errors:
# found with faultproxy and by feeding their parsers garbage.
LIBRARY_FAILURES = (
    imaplib.IMAP4.error,
    OSError,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    AssertionError,
    RecursionError,
)

# RFC 5530 section 3, and what Gmail, Microsoft and Yahoo say instead of it.
_THROTTLED = re.compile(r"\[(?:overquota|limit|throttled)\]|throttl|bandwidth|too many|not connected", re.IGNORECASE)
_NOT_NOW = re.compile(r"\[(?:unavailable|inuse|serverbug)\]|try again|temporar|unavailable", re.IGNORECASE)
_NO_OR_BAD = re.compile(r"\w+ failed: (?P<no>.*)|.*? command error: BAD (?P<bad>.*)", re.DOTALL)


class BrokenError(NetworkError):
    """The connection is gone, or what came over it was not IMAP; a new one may do better."""


class NoError(NetworkError):
    """The server answered NO or BAD (RFC 9051 section 7.1.2, 7.1.3); the connection is still good.

    ``throttled`` means it will say so to whatever is asked next, ``for_now`` that it may not the next time.
    """

    def __init__(self, sentence: str, *, throttled: bool, for_now: bool) -> None:
        super().__init__(sentence)
        self.throttled, self.for_now = throttled, for_now


def failure(error: Exception, account: Account, bye: bytes = b"", secret: str = "") -> UnghostError:
    """Our error for ``error``; only a server's status text is quoted, never what may be mail.

    imaplib's "unexpected response" and "unterminated line" quote whatever came, so
    their words are dropped.  ``bye`` is the text of an untagged BYE, if there was one.
    """
    is_login = isinstance(error, RefusedLogin)
    error = _original(error)
    if bye:
        return BrokenError(f"{account.host}: the server said goodbye: {server_words(bye, secret)}")
    if isinstance(error, (OSError, UnicodeError)):
        translated = connection_failure(error, account)
        return translated if isinstance(translated, CertificateError) else BrokenError(str(translated))
    if isinstance(error, imaplib.IMAP4.abort):
        return BrokenError(f"{account.host}: the connection broke off")
    if isinstance(error, imaplib.IMAP4.error):
        return _refusal(error, account, secret, is_login=is_login)
    return _garbage(error, account)


def _original(error: Exception) -> Exception:
    """What imapclient caught before it raised: a connection lost in LOGIN is no LoginError."""
    while isinstance(error, (RefusedLogin, InvalidCriteriaError)) and isinstance(error.__context__, Exception):
        error = error.__context__
    return error


def _refusal(error: imaplib.IMAP4.error, account: Account, secret: str, *, is_login: bool) -> UnghostError:
    text = error.args[0] if error.args else ""
    if isinstance(text, bytes) and text.upper().startswith(b"* BYE"):  # in place of a greeting
        return BrokenError(f"{account.host}: the server said goodbye: {server_words(text[5:], secret)}")
    match = _NO_OR_BAD.fullmatch(str(text))
    if not match and not is_login:
        return _garbage(error, account)
    words = server_words(_unquoted((match["no"] or match["bad"]) if match else text), secret)
    throttled = bool(_THROTTLED.search(words))
    for_now = throttled or bool(_NOT_NOW.search(words))
    if is_login and not for_now:
        return LoginError(
            f"{account.host}: the login of account {account.name!r} was refused: {words}; "
            "check `user` and the password (many providers want an app password)"
        )
    return NoError(f"{account.host}: the server refused: {words}", throttled=throttled, for_now=for_now)


def _unquoted(text: str | bytes) -> str | bytes:
    """The octets inside ``b'...'`` or ``[b'...']``, which is how imaplib prints an answer."""
    if isinstance(text, bytes):
        return text
    inner = text.removeprefix("[").removesuffix("]")
    if inner.startswith(("b'", 'b"')):
        try:
            return bytes(ast.literal_eval(inner))
        except (ValueError, SyntaxError):
            return inner
    return text


def _garbage(error: Exception, account: Account) -> BrokenError:
    return BrokenError(f"{account.host}: the server's answer cannot be understood ({type(error).__name__})")
