"""Answers of the user to a digest: whether they are theirs, and what their lines ask for."""

from pipeline.replies.links import reply_url
from pipeline.replies.reading import Desk, Refusal, read_reply
from pipeline.replies.tokens import token_of

__all__ = ["Desk", "Refusal", "read_reply", "reply_url", "token_of"]
