"""What people type, as it is kept: without characters that nobody sees, and that turn other words around."""

import re
from unicodedata import category

UNSEEN = re.compile("[\0-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""Control characters, those that reverse what follows, and halves of characters, which no database takes."""

BLANK = "\u115f\u1160\u3164\uffa0\u2800"
"""Letters and signs that look like spaces."""


def text(said: str) -> str:
    """In lines, as it was written otherwise."""
    return UNSEEN.sub("", said.replace("\r\n", "\n").replace("\r", "\n")).strip()


def line(said: str) -> str:
    """In one line, with single spaces, as for a name or the head of a mail."""
    return " ".join(text(said).split())


def is_seen(said: str) -> bool:
    """Whether there is anything to be read in it."""
    return any(category(letter)[0] in "LNPS" and letter not in BLANK for letter in said)


class Refused(Exception):
    """What was asked for cannot be; the words say why, to people."""
