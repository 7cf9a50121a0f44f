"""Send what lies in the outbox: each letter at most once, to nobody but the user."""

from pipeline.deliver.directory import is_in_directory, put_in_directory
from pipeline.deliver.post import post, resend
from pipeline.deliver.sendmail import send_by_sendmail
from pipeline.deliver.smtp import send_by_smtp
from pipeline.deliver.way import Envelope, Way

__all__ = [
    "Envelope",
    "Way",
    "is_in_directory",
    "post",
    "put_in_directory",
    "resend",
    "send_by_sendmail",
    "send_by_smtp",
]
