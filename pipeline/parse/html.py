"""Turns HTML into the text a reader of it would see; the one door to justhtml."""

from __future__ import annotations

import re
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from justhtml.dom import NodeType

MAX_CHARACTERS = 512_000
MAX_HOSTS = 50

_SKIPPED = re.compile(
    r"head|iframe|math|noscript|object|script|select|style|svg|template|textarea|title|#comment|!doctype|#doctype"
)
_PARAGRAPHS = re.compile(r"p|h[1-6]|ul|ol|table|blockquote|pre|hr")
_BLOCKS = re.compile(
    r"address|article|aside|body|center|dd|div|dl|dt|fieldset|figcaption|figure|footer|form|header|html|li|main|nav"
    r"|section|tbody|tfoot|thead|tr"
)
_HIDDEN = re.compile(
    r"(?:^|;)(?:display:none|visibility:hidden|max-height:0+(?:\.0+)?(?:[a-z%]*)(?:!important)?(?:;|$))"
)
_FONT_SIZE = re.compile(r"(?:^|;)font-size:(0+(?:\.0+)?(?:[a-z%]*)(?:!important)?(?:;|$))?")
_QUOTING_CLASS = re.compile(r"quote|moz-cite|yahoo")
_MAX_QUOTE_DEPTH = 3

_URL_HOST = re.compile(r"https?://([^\s/?#<>\"'()\[\]\\,;|]{1,300})", re.IGNORECASE)
_HREF_HOST = re.compile(r"href\s{0,3}=\s{0,3}[\"']?\s{0,3}https?://([^\s/?#<>\"'()\[\]\\,;|]{1,300})", re.IGNORECASE)


class _Break(Enum):
    """What parts text: a <br>, the edge of a block, the edge of a paragraph."""

    LINE = "\n"
    BLOCK = "\n "
    PARAGRAPH = "\n\n"


class _State(NamedTuple):
    """What an element hands down: how deep in quotes, text of size nought, white space that counts."""

    depth: int = 0
    is_tiny: bool = False
    is_pre: bool = False


def html_to_text(html: str) -> str:
    """Give the visible text of ``html``, a line for each block; the words of pictures if there is no other.

    What a sender hid (preheaders, copies for phones, text of size nought) is left out.  What other
    people wrote is marked with ``>`` as in plain text (RFC 3676 section 4.5), for the quotes to be cut.
    """
    # Imported here: 67 ms that a run without new messages need not spend.
    from justhtml import JustHTML  # noqa: PLC0415

    root = JustHTML(html[:MAX_CHARACTERS], sanitize=False).root
    shown: list[str] = []
    pictures: list[str] = []
    for depth, piece in _pieces(root, pictures):
        _append(shown, depth, piece)
    return "".join(shown) if any(map(str.strip, shown)) else "\n".join(pictures)


def hosts(text: str, *, markup: bool = False) -> Iterator[str]:
    """Yield the host names of http links in order, in text or in the links of HTML."""
    for match in (_HREF_HOST if markup else _URL_HOST).finditer(text):
        # RFC 3986 section 3.2: [userinfo "@"] host [":" port]
        host = match[1].rpartition("@")[2].partition(":")[0].strip(".").lower()
        if "." in host:
            yield host


def _pieces(root: NodeType, pictures: list[str]) -> Iterator[tuple[int, str | _Break]]:
    """Walk the tree in order; yields the depth of quoting and a piece of text or a break.

    A stack and not recursion: a sender chooses the depth.
    """
    stack: list[tuple[NodeType | str | _Break, _State]] = [(root, _State())]
    while stack:
        node, state = stack.pop()
        if isinstance(node, (str, _Break)):
            yield state.depth, node
        elif node.name == "#text":
            if not state.is_tiny and isinstance(node.data, str):
                yield from _text_pieces(node.data, state)
        elif node.name == "img":
            pictures.extend(filter(None, [_attributes(node).get("alt")]))
        elif not _SKIPPED.fullmatch(node.name):
            stack.extend(_inside(node, state))


def _text_pieces(text: str, state: _State) -> Iterator[tuple[int, str | _Break]]:
    """Yield a text node; where white space counts, its line ends are breaks."""
    first, *rest = text.split("\n") if state.is_pre else [text]
    yield state.depth, first
    for line in rest:
        yield state.depth, _Break.LINE
        yield state.depth, line


def _inside(node: NodeType, state: _State) -> list[tuple[NodeType | str | _Break, _State]]:
    """Give what an element holds, last first, between the breaks its name asks for; nothing if it is hidden."""
    attrs = _attributes(node)
    style = "".join((attrs.get("style") or "")[:2_000].lower().split()) if attrs else ""
    if "hidden" in attrs or (style and _HIDDEN.search(style)):
        return []
    if node.name == "br":
        return [(_Break.LINE, state)]
    inner = _state_inside(node.name, attrs, style, state)
    held: list[tuple[NodeType | str | _Break, _State]] = [(child, inner) for child in reversed(node.children or ())]
    if node.name == "li":
        held.append(("- ", inner))
    if node.name in {"td", "th"}:
        held.append((" ", inner))
    elif _PARAGRAPHS.fullmatch(node.name):
        held = [(_Break.PARAGRAPH, state), *held, (_Break.PARAGRAPH, state)]
    elif _BLOCKS.fullmatch(node.name):
        held = [(_Break.BLOCK, state), *held, (_Break.BLOCK, state)]
    return held


def _attributes(node: NodeType) -> Mapping[str, str | None]:
    return getattr(node, "attrs", None) or {}


def _state_inside(name: str, attrs: Mapping[str, str | None], style: str, outer: _State) -> _State:
    """Give the state that an element hands down to its children."""
    if not style and name not in {"blockquote", "pre"}:
        return outer
    # Text of size nought is hidden only until a child sets another size: MJML lays out whole mails so.
    sizes = _FONT_SIZE.findall(style)
    is_quoting = name == "blockquote" and (
        attrs.get("type") == "cite" or bool(_QUOTING_CLASS.search((attrs.get("class") or "").lower()))
    )
    return _State(
        depth=min(outer.depth + is_quoting, _MAX_QUOTE_DEPTH),
        is_tiny=bool(sizes[-1]) if sizes else outer.is_tiny,
        is_pre=outer.is_pre or name == "pre" or "white-space:pre" in style,
    )


def _append(shown: list[str], depth: int, piece: str | _Break) -> None:
    """Add a piece: white space collapses as in a browser, breaks do not pile up."""
    begins_line = not shown or shown[-1].endswith("\n")
    if isinstance(piece, _Break):
        if piece is _Break.LINE or (piece is _Break.PARAGRAPH and shown) or not begins_line:
            shown.append(piece.value.rstrip(" "))
        return
    words = " ".join(piece.split())
    if begins_line:
        if words:
            shown.append("> " * depth + words + _space(piece[-1:]))
    elif piece:
        lead = "" if shown[-1].endswith(" ") else _space(piece[:1])
        shown.append(lead + words + (_space(piece[-1:]) if words else ""))


def _space(character: str) -> str:
    return " " if character.isspace() else ""
