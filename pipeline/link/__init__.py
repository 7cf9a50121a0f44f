"""From facts to applications: which employer, role and application each message speaks of, and what it changed."""

from pipeline.link.applications import link
from pipeline.link.naming import Tables

__all__ = ["Tables", "link"]
