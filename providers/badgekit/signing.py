"""The JSON web tokens by which BadgeKit's calls are signed, in both directions: HS256, and nothing else.

Source: https://github.com/mozilla/badgekit-api/blob/master/docs/authorization.md
"""

import hashlib
import json
from functools import lru_cache

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

ALGORITHMS = ["HS256"]


def sign(claims: object, secret: str) -> str:
    """The token, as it stands in an Authorization header."""
    payload = json.dumps(claims, separators=(",", ":")).encode()
    return jws.serialize_compact({"typ": "JWT", "alg": "HS256"}, payload, _key(secret), algorithms=ALGORITHMS)


def verify(token: str, secret: str) -> bool:
    """Whether the secret made the token; never, if there is no secret."""
    try:
        jws.deserialize_compact(token, _key(secret), algorithms=ALGORITHMS)
    except (JoseError, TypeError, ValueError):  # Also for a header that is JSON, but none of a token.
        return False
    return True


def header(token: str) -> str:
    """The Authorization header that carries the token."""
    return f'JWT token="{token}"'


def digest(body: bytes, algorithm: str) -> str:
    """The body's hash in lower-case hex. Raises ValueError for an algorithm that there is not."""
    name = algorithm.lower().replace("-", "")
    if name not in hashlib.algorithms_guaranteed or name.startswith("shake"):
        raise ValueError(algorithm)
    return hashlib.new(name, body, usedforsecurity=False).hexdigest()


@lru_cache(maxsize=256)
def _key(secret: str) -> OctKey:
    """Reading a key costs more than checking a signature."""
    return OctKey.import_key(secret)
