"""Read mail without changing it: an IMAP account over the network, or an archive on disk.

``append`` alone writes: the digest, to the user's own INBOX.
"""

from pipeline.fetch.append import put_in_inbox
from pipeline.fetch.archive import read_archive
from pipeline.fetch.imap import ImapAccount

__all__ = ["ImapAccount", "put_in_inbox", "read_archive"]
