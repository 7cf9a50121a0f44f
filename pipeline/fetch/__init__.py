"""Read mail without changing it: an IMAP account over the network, or an archive on disk.

What is put beside it is the digest, into the user's own INBOX, and drafts the user asked for.
"""

from pipeline.fetch.archive import read_archive
from pipeline.fetch.drafts import find_draft, put_draft
from pipeline.fetch.imap import ImapAccount
from pipeline.fetch.inbox import put_in_inbox

__all__ = ["ImapAccount", "find_draft", "put_draft", "put_in_inbox", "read_archive"]
