"""This machine's own names: what goes to one of them never leaves it."""

__all__ = ["LOOPBACK"]

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
