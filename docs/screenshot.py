"""Take the README's picture: the demo's digest in headless Chromium, light and dark side by side.

Run by ``make screenshot``; needs Debian's chromium.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import click

from pipeline.demo import run_demo

FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--force-device-scale-factor=1",
)  # fmt: skip


def main() -> None:
    """Write docs/digest.png."""
    here = Path(__file__).parent
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        result = run_demo(directory / "demo", say=click.echo)
        html = result.digest_html.read_text(encoding="utf-8")
        dark = html.replace("@media (prefers-color-scheme: dark)", "@media all")
        (directory / "light.html").write_text(html, encoding="utf-8")
        (directory / "dark.html").write_text(dark, encoding="utf-8")
        frame = '<iframe src="{}.html" style="border:0;width:660px;height:1500px"></iframe>'
        (directory / "both.html").write_text(
            f'<body style="margin:0;display:flex">{frame.format("light")}{frame.format("dark")}', encoding="utf-8"
        )
        chromium = ["chromium", *FLAGS, f"--user-data-dir={directory / 'profile'}", "--window-size=1320,1500"]
        page = (directory / "both.html").as_uri()
        subprocess.run([*chromium, f"--screenshot={here / 'digest.png'}", page], check=True, stderr=subprocess.DEVNULL)
    click.echo(f"Written: {here / 'digest.png'}")


if __name__ == "__main__":
    sys.exit(main())
