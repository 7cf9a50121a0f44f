"""Take the pictures of the demo's digest and stats page: headless Chromium, light, dark and as wide as a phone.

Run by ``make screenshots``; needs Debian's chromium.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import click
import numpy as np
from PIL import Image

from pipeline.demo import CLI, DemoResult, run_demo
from pipeline.demo.story import NOW

FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--force-device-scale-factor=1",
)  # fmt: skip
WIDTHS = {"light": 640, "dark": 640, "phone": 360}
HEIGHT = 4000  # more than any of the pages needs; what is empty is cut off
COLOURS = 96


def main() -> None:
    """Write docs/digest.png and docs/stats.png."""
    here = Path(__file__).parent
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        result = run_demo(directory / "demo", say=click.echo, month=())
        stats = directory / "stats.html"
        _stats_page(result, stats)
        _take(result.digest_html.read_text(encoding="utf-8"), directory, here / "digest.png", most=1600)
        _take(stats.read_text(encoding="utf-8"), directory, here / "stats.png")


def _stats_page(result: DemoResult, path: Path) -> None:
    config = ["--config", str(result.config)]
    subprocess.run([*CLI, *config, "stats", "--now", NOW.isoformat(), "--html", str(path)], check=True)


def _take(html: str, directory: Path, png: Path, most: int = HEIGHT) -> None:
    """The page three times, side by side; of a longer one than ``most`` pixels the beginning."""
    dark = html.replace("@media (prefers-color-scheme: dark)", "@media all")
    for look in WIDTHS:
        (directory / f"{look}.html").write_text(dark if look == "dark" else html, encoding="utf-8")
    frames = "".join(
        f'<iframe src="{look}.html" style="border:0;width:{width}px;height:{HEIGHT}px"></iframe>'
        for look, width in WIDTHS.items()
    )
    both = directory / "all.html"
    both.write_text(f'<body style="margin:0;display:flex">{frames}', encoding="utf-8")
    window = f"--window-size={sum(WIDTHS.values())},{HEIGHT}"
    chromium = ["chromium", *FLAGS, f"--user-data-dir={directory / 'profile'}", window]
    subprocess.run([*chromium, f"--screenshot={png}", both.as_uri()], check=True, stderr=subprocess.DEVNULL)
    _trim(png, most)
    click.echo(f"Written: {png}")


def _trim(png: Path, most: int) -> None:
    """Without the rows at its end that are as empty as the last one, and with few colours."""
    picture = Image.open(png).convert("RGB")
    pixels = np.asarray(picture)
    last = int(np.flatnonzero((pixels != pixels[-1]).any(axis=(1, 2)))[-1])
    picture.crop((0, 0, picture.width, min(last + 24, most))).quantize(COLOURS).save(png, optimize=True)


if __name__ == "__main__":
    sys.exit(main())
