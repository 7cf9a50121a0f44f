"""From facts to applications: which employer, role and application each message speaks of, and what it changed.

A run without news derives nothing; so the two readers compile their tables, and ``applications`` is
imported, when there is something to read.
"""
