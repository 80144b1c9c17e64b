"""Numbers of rows, as addresses and forms say them."""

DIGITS = 18
"""More than that, no database takes."""


def row_id(text: str) -> int | None:
    """The number; None if it is none of a row."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= DIGITS else None
