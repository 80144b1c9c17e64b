"""What somebody does who has BadgeKit's Python client; run by an interpreter that has it, and nothing of ours.

Prints a line of JSON for each step: what was answered, or which of the client's exceptions was raised.
"""

import json
import sys
from collections.abc import Callable
from typing import Any

import badgekit
import requests

SYSTEM, ISSUER, PROGRAM = "harbour", "lighthouse", "keepers"
KNOTS = {"badge": "knots"}
LAMPS = {"issuer": ISSUER, "program": PROGRAM, "badge": "lamps"}
ODD = "Ebbe & Flut: 100 % größer?"


def step(name: str, work: Callable[[], Any]) -> None:
    """Do it, and tell what came of it."""
    try:
        told = {"answer": work()}
    except badgekit.BadgeKitException as error:
        told = {"raised": type(error).__name__, "says": str(error)}
    sys.stdout.write(json.dumps({"step": name, **told}) + "\n")


def main(base_url: str, secret: str) -> None:
    """All steps, in an order in which each finds what it needs."""
    api = badgekit.BadgeKitAPI(base_url, secret, defaults={"system": SYSTEM})
    find_the_server(api)
    look_around(api)
    create(api)
    claim_and_delete(api)
    break_in(badgekit.BadgeKitAPI(base_url, secret + "?", defaults={"system": SYSTEM}), "wrong secret")
    api.auth.add_field("path", "/systems")
    break_in(api, "wrong path")


def signed(api: badgekit.BadgeKitAPI, method: str, path: str, **request: Any) -> dict[str, Any]:
    """A call that the client has no function for, signed as it signs its own."""
    url = f"{api.baseurl}/systems/{SYSTEM}/badges/knots/codes{path}"
    answer = requests.request(method, url, auth=api.auth, timeout=30, **request)
    return {"status": answer.status_code, "body": answer.json()}


def find_the_server(api: badgekit.BadgeKitAPI) -> None:
    """Is it there, and is it new enough?"""
    step("ping", api.ping)
    step("version", api.server_version)
    step("new enough", lambda: api.require_server_version("0.2"))


def look_around(api: badgekit.BadgeKitAPI) -> None:
    """Lists, and single things, in each context."""
    step("systems", lambda: api.list("system", system=None))
    step("issuers", lambda: api.list("issuer"))
    step("programs", lambda: api.list("program", issuer=ISSUER))
    step("badges", lambda: api.list("badge"))
    step("archived badges", lambda: api.list("badge", archived=True))
    step("codes", lambda: api.list("code", **KNOTS))
    step("codes of a program", lambda: api.list("code", **LAMPS))
    step("a page of codes", lambda: signed(api, "GET", "", params={"page": 2, "count": 1}))
    step("system", api.get)
    step("program", lambda: api.get(issuer=ISSUER, program=PROGRAM))
    step("badge", lambda: api.get(**KNOTS))
    step("code", lambda: api.get(**KNOTS, code="foghorn"))
    step("badge of a code", lambda: api.get(code="lantern"))
    step("unknown code", lambda: api.get(**KNOTS, code="nowhere"))
    step("unknown badge", lambda: api.get(badge="nowhere"))


def create(api: badgekit.BadgeKitAPI) -> None:
    """Codes of our choice, and of the server's."""
    step("create", lambda: api.create("code", {"code": "low-tide"}, **KNOTS))
    step("create with all", lambda: api.create("code", {"code": ODD, "email": "ada@example.com"}, **KNOTS))
    step("get it back", lambda: api.get(**KNOTS, code=ODD.replace("%", "%25").replace("?", "%3F")))
    step("create again", lambda: api.create("code", {"code": "low-tide"}, **KNOTS))
    step("create too long", lambda: api.create("code", {"code": "x" * 256}, **KNOTS))
    step("create without code", lambda: api.create("code", {"email": "ada"}, **KNOTS))
    step("create for no badge", lambda: api.create("code", {"code": "x"}, badge="nowhere"))
    step("random", lambda: api.create("codes/random", {"multiuse": "true"}, **LAMPS))


def claim_and_delete(api: badgekit.BadgeKitAPI) -> None:
    """The client can do neither: its `create` takes the 200 of a claim for an error."""
    step("claim", lambda: signed(api, "POST", "/low-tide/claim", data={"email": "ben@example.com"}))
    step("claim again", lambda: signed(api, "POST", "/low-tide/claim", data={"email": "eve@example.com"}))
    step("claim by create", lambda: api.create("claim", {"email": "cy@example.com"}, **KNOTS, code="foghorn"))
    step("claimed by create", lambda: api.get(**KNOTS, code="foghorn"))
    step("delete", lambda: signed(api, "DELETE", "/low-tide"))
    step("delete again", lambda: signed(api, "DELETE", "/low-tide"))
    step("deleted", lambda: api.get(**KNOTS, code="low-tide"))


def break_in(api: badgekit.BadgeKitAPI, how: str) -> None:
    """The server asks for no signature only where it says whether it is there."""
    step(f"ping with a {how}", api.ping)
    step(f"list with a {how}", lambda: api.list("code", **KNOTS))
    step(f"create with a {how}", lambda: api.create("code", {"code": "stolen"}, **KNOTS))


if __name__ == "__main__":
    main(*sys.argv[1:])
