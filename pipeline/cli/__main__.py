"""``python -m pipeline.cli`` is ``unghost``."""

from pipeline.cli import main

main()
