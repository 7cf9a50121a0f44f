"""The command line: thin commands that parse options, build adapters, call, and echo."""

from pipeline.cli.main import main

__all__ = ["main"]
