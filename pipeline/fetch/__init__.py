"""Read mail without changing it: an IMAP account over the network, or an archive on disk."""

from pipeline.fetch.archive import read_archive
from pipeline.fetch.imap import ImapAccount

__all__ = ["ImapAccount", "read_archive"]
