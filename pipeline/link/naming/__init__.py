"""Which employer, role and requisition a message speaks of, each with how it was found and how sure that is.

In one audited mailbox the sender's domain was the employer's in none of 237 messages: the mail
comes from applicant tracking systems.  So every part of a message is asked, what agrees is
believed, and where nothing is sure enough nothing is said.  The phrases are in ``config/names.toml``.
"""

from pipeline.link.naming.reader import NameReader

__all__ = ["NameReader"]
