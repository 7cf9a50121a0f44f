"""The one place of colours and styles: mail programs keep inline styles and little else.

The light colours stand inline, the dark ones in one style sheet that wins where a program reads it.
Programs that make a letter dark by themselves turn the lightness of each colour round, so no two
colours that meet differ by hue alone; a test computes the contrasts (WCAG 2.2, 1.4.3 and 1.4.11).
"""

from __future__ import annotations

LIGHT = {
    "ground": "#f1efe9",
    "paper": "#fdfcf9",
    "ink": "#22292d",
    "muted": "#586269",
    "accent": "#1c685b",
    "rule": "#e2ded4",
    "tint": "#edf3f0",
    "bar": "#2f8573",
    "track": "#e9e6dd",
    "rest": "#8b9498",
}
DARK = {
    "ground": "#14181a",
    "paper": "#1e2427",
    "ink": "#e9e6df",
    "muted": "#a9b3b8",
    "accent": "#7fcdbb",
    "rule": "#363f43",
    "tint": "#26302f",
    "bar": "#5fb8a4",
    "track": "#323b3f",
    "rest": "#7d878c",
}
# What lies on what, and how much they must differ: text 4.5 to 1, shapes 3 to 1.
TEXTS = tuple((text, ground) for text in ("ink", "muted", "accent") for ground in ("paper", "tint", "ground"))
SHAPES = (("bar", "paper"), ("bar", "track"))
TEXT_CONTRAST, SHAPE_CONTRAST = 4.5, 3.0

_FONT = "font-family:-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif"
_STYLES = {
    "body": f"margin:0;padding:0;background-color:{{ground}};{_FONT};-webkit-text-size-adjust:100%",
    "outer": "width:100%;border-collapse:collapse;background-color:{ground}",
    "margin": "padding:24px 10px",
    "paper": "width:100%;max-width:600px;border-collapse:separate;background-color:{paper};border-radius:12px",
    "inside": f"padding:32px 32px 24px;text-align:left;color:{{ink}};{_FONT};font-size:16px;line-height:1.5",
    "overline": "margin:0 0 6px;font-size:13px;line-height:1.4;color:{muted}",
    "h1": "margin:0 0 28px;font-size:23px;line-height:1.25;font-weight:650;letter-spacing:-.01em;text-wrap:balance;"
    "color:{ink}",
    "section": "margin:0 0 30px",
    "h2": "margin:0 0 14px;padding:0 0 7px;border-bottom:1px solid {rule};font-size:15px;line-height:1.4;"
    "font-weight:650;color:{accent}",
    "item": "margin:0 0 18px;overflow-wrap:anywhere",
    "h3": "margin:0 0 2px;font-size:16px;line-height:1.4;font-weight:400;color:{ink}",
    "employer": "font-weight:650",
    "number": "color:{muted};font-size:13px;font-variant-numeric:tabular-nums",
    "p": "margin:0 0 4px;text-wrap:pretty",
    "moment": "margin:0 0 4px;font-size:17px;font-weight:650;color:{accent}",
    "evidence": "margin:0 0 4px;font-size:14px;line-height:1.45;text-wrap:pretty;color:{muted}",
    "step": "margin:10px 0 0;padding:10px 14px;background-color:{tint};border-left:3px solid {bar};"
    "border-radius:0 8px 8px 0",
    "step_name": "margin:0 0 2px;font-size:13px;line-height:1.4;font-weight:650;color:{accent}",
    "code": "font-family:ui-monospace,Menlo,Consolas,monospace;font-size:13px;background-color:{tint};color:{ink};"
    "padding:1px 5px;border-radius:4px;overflow-wrap:anywhere",
    "figures": "width:100%;border-collapse:collapse;margin:0 0 10px",
    "figure_name": "padding:4px 12px 4px 0;text-align:left;font-weight:400;font-size:15px;white-space:nowrap;width:1%",
    "figure_count": "padding:4px 12px 4px 0;text-align:right;font-size:15px;font-variant-numeric:tabular-nums;width:1%",
    "figure_bar": "padding:4px 0",
    "strip": "width:100%;border-collapse:collapse;table-layout:fixed",
    "bar": "height:12px;font-size:0;line-height:0;background-color:{bar}",
    "track": "height:12px;font-size:0;line-height:0;background-color:{track}",
    "first_column": "padding:4px 12px 4px 0;text-align:left;font-weight:400;font-size:13px;color:{muted}",
    "column": "padding:4px 0 4px 10px;text-align:right;font-weight:400;font-size:12px;color:{muted}",
    "row_name": "padding:4px 8px 4px 0;text-align:left;font-weight:400;font-size:15px;line-height:1.3;hyphens:auto",
    "cell": "padding:4px 0 4px 10px;text-align:right;font-size:15px;font-variant-numeric:tabular-nums",
    "thought": "margin:0;padding:2px 0 2px 14px;border-left:3px solid {rule};font-size:17px;line-height:1.5",
    "footer": "margin:0;padding:16px 0 0;border-top:1px solid {rule}",
    "list": "margin:0 0 18px;padding-left:20px;overflow-wrap:anywhere",
    "link": "color:{accent}",
    "small": "margin:0 0 4px;font-size:13px;line-height:1.5;color:{muted};overflow-wrap:anywhere",
}
LOOKS = {name: style.format_map(LIGHT) for name, style in _STYLES.items()}
_ROLES = {"color": ("ink", "muted", "accent"), "background-color": ("ground", "paper", "tint", "bar", "track")}


def dark_rules() -> str:
    """The style sheet's rules for the dark, by the classes that the elements of the letter have."""
    rules = [f".{role}{{{prop}:{DARK[role]} !important}}" for prop, roles in _ROLES.items() for role in roles]
    return "".join([*rules, f".rule,.step{{border-color:{DARK['rule']} !important}}", _step()])


def page_rules() -> str:
    """The style sheet of a page for a browser: the colours as variables, for what is drawn, and the dark ones."""
    light, dark = ("".join(f"--{name}:{colour};" for name, colour in of.items()) for of in (LIGHT, DARK))
    sheet = ".sheet{display:block;background-color:var(--paper);max-width:680px;margin:24px auto;border-radius:12px}"
    narrow = (
        ".inside{padding:24px 18px 20px !important}.sheet{margin:0}.wide{display:none}"
        ".tight{padding-left:5px !important;font-size:11px !important;hyphens:auto}td.tight{font-size:14px !important}"
    )
    media = f"@media (max-width:480px){{{narrow}}}@media (prefers-color-scheme: dark){{:root{{{dark}}}{dark_rules()}}}"
    return f":root{{color-scheme:light dark;{light}}}{sheet}{media}"


def outlook_rules() -> str:
    """The same for Outlook on the web and on phones, which marks what it has darkened."""
    marks = {"color": "[data-ogsc]", "background-color": "[data-ogsb]"}
    rules = [f"{marks[p]} .{role}{{{p}:{DARK[role]} !important}}" for p, roles in _ROLES.items() for role in roles]
    return "".join(rules)


def _step() -> str:
    return f".step{{border-left-color:{DARK['bar']} !important}}"
