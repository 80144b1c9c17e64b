"""Keys of strangers are looked at before any library is given one.

A private one may take hours to load, in which nothing else runs: whoever loads it looks for what was left out of it.
"""

import re
from typing import Any

from credentials_badges.openbadges.checking import picking
from credentials_badges.openbadges.checking.picking import Document, Odd

PRIVATE = {"d", "k", "p", "q", "dp", "dq", "qi", "oth"}
LONGEST = {"n": 1368, "e": 12}
"""Letters of an RSA key's numbers, of which anybody has less: the modulus has 8192 bits at most."""
LONGEST_PEM = 8192
PUBLIC_PEM = re.compile(r"\s*-----BEGIN (RSA PUBLIC KEY|PUBLIC KEY|CERTIFICATE)-----\s")
TOKEN = re.compile(rb"\s*[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\s*")


def is_public(jwk: Document) -> bool:
    """Whether it is a key that may be loaded."""
    return not PRIVATE & jwk.keys() and all(len(str(jwk.get(name, ""))) <= most for name, most in LONGEST.items())


def is_public_pem(told: Any) -> bool:
    """The same of a key, or a certificate, in letters."""
    if not isinstance(told, str) or len(told) > LONGEST_PEM:
        return False
    return bool(PUBLIC_PEM.match(told)) and "PRIVATE" not in told


def tells_only_public(body: bytes) -> bool:
    """Whether a document tells no other keys than such, wherever in it; a token tells none.

    It has to be readable in one way only, since it is the library that reads it.
    """
    if TOKEN.fullmatch(body):
        return True
    try:
        level = [picking.parse_document(body)]
    except Odd:
        return False
    while level:
        if not all(is_public(each) for each in level if isinstance(each, dict) and "kty" in each):
            return False
        level = [inner for each in level for inner in _inside(each)]
    return True


def _inside(value: Any) -> list[Any]:
    return list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []
