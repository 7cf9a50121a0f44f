"""Read mail without changing it: an IMAP account over the network, or an archive on disk; and put drafts beside it."""

from pipeline.fetch.archive import read_archive
from pipeline.fetch.drafts import put_draft
from pipeline.fetch.imap import ImapAccount

__all__ = ["ImapAccount", "put_draft", "read_archive"]
