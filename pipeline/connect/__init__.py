"""What every conversation with a server needs: the secret, the TLS context, and failures in our words.

It sits below ``fetch`` (IMAP) and ``deliver`` (SMTP), which may not import each other.
"""

from pipeline.connect.credentials import Credential, read_secret
from pipeline.connect.failures import connection_failure, no_starttls, refuse_controls, server_words
from pipeline.connect.tls import tls_context

__all__ = [
    "Credential",
    "connection_failure",
    "no_starttls",
    "read_secret",
    "refuse_controls",
    "server_words",
    "tls_context",
]
