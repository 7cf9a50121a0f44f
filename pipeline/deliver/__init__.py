"""Send what lies in the outbox: each letter at most once, to nobody but the user."""

from pipeline.deliver.post import post
from pipeline.deliver.smtp import send_by_smtp

__all__ = ["post", "send_by_smtp"]
