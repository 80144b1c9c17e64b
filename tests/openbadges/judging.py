"""Runs where 1EdTech's validator is installed, and not where we are: judges what comes in, and tells its reports.

Each line that comes in is JSON: `input`, an address, a document or a file of a picture, and `recipient`, who is said to
hold the badge. Nobody beyond this machine is asked, not even for the context of Open Badges 2.0: the validator has it.
"""

import json
import socket
import sys
from pathlib import Path
from typing import Any

from openbadges.verifier import verify
from openbadges.verifier.openbadges_context import OPENBADGES_CONTEXT_V2_DICT, OPENBADGES_CONTEXT_V2_URI
from openbadges.verifier.utils import CachableDocumentLoader
from openbadges_bakery import unbake

find, load = socket.getaddrinfo, CachableDocumentLoader.__call__


def find_here(host: str, *named: Any, **also: Any) -> Any:
    """Refuse to go anywhere else, or to ask where that is."""
    if host not in {"127.0.0.1", "::1", "localhost"}:
        raise socket.gaierror(f"{host} is elsewhere")
    return find(host, *named, **also)


def load_context(self: CachableDocumentLoader, url: str, *_: object) -> Any:
    """The one context that all documents have, as the validator has it."""
    if url == OPENBADGES_CONTEXT_V2_URI:
        return {"contextUrl": None, "documentUrl": url, "document": OPENBADGES_CONTEXT_V2_DICT}
    return load(self, url)


def judge(asked: dict[str, Any]) -> dict[str, Any]:
    """The report, and of a picture what is baked into it."""
    if "picture" not in asked:
        return verify(asked["input"], asked.get("recipient"))
    with Path(asked["picture"]).open("rb") as picture:
        report = verify(picture, asked.get("recipient"))
        picture.seek(0)
        return {**report, "baked": unbake(picture)}


socket.getaddrinfo = find_here
CachableDocumentLoader.__call__ = load_context
for line in sys.stdin:
    sys.stdout.write(json.dumps(judge(json.loads(line))) + "\n")
