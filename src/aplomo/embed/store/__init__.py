"""The decision store: what was decided, for which message, and how far its draft has come.

tables ── migrate ── database (SQLite or PostgreSQL)
ledger: received → drafted → delivered → approved → sent       records: append-only decisions
"""
