"""The weekly e-mail: when it is due, what is worth saying, and how it is written.

Most runs have none to write, and import no more than ``schedule`` and what checks the user's tables.
"""
