"""What every conversation with a server needs: the secret, TLS, a clock, and failures in our words.

It sits below ``fetch`` (IMAP) and ``deliver`` (SMTP), which may not import each other.
"""

from pipeline.connect.credentials import Credential, read_secret
from pipeline.connect.failures import connection_failure, no_starttls, refuse_controls, server_words
from pipeline.connect.program import output_of
from pipeline.connect.tls import tls_context
from pipeline.connect.watch import Watch

__all__ = [
    "Credential",
    "Watch",
    "connection_failure",
    "no_starttls",
    "output_of",
    "read_secret",
    "refuse_controls",
    "server_words",
    "tls_context",
]
