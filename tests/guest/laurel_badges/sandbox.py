"""Laurel, played: one house with its key, its laurels and its wreaths."""

import json
from collections.abc import Iterable
from typing import Any

from werkzeug.exceptions import HTTPException, NotFound
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from credentials_badges.sandbox import Sandbox

PAGE_SIZE = 3
Rows = dict[str, dict[str, Any]]


class LaurelSandbox(Sandbox):
    """Laurel behind ``/v1/``."""

    slug = "laurel"
    urls = Map(
        [
            Rule("/v1/house", endpoint="read_house", methods=["GET"]),
            Rule("/v1/<any(laurels, wreaths):collection>", endpoint="read_page", methods=["GET"]),
            Rule("/v1/<any(laurels, wreaths, notices):collection>/<slug>", endpoint="read_one", methods=["GET"]),
            Rule("/v1/wreaths", endpoint="give", methods=["POST"]),
            Rule("/v1/wreaths/<slug>", endpoint="amend", methods=["PATCH"]),
            Rule("/v1/wreaths/<slug>", endpoint="withdraw", methods=["DELETE"]),
        ]
    )

    def __init__(self, house: str, key: str, laurels: Iterable[str], **options: Any) -> None:
        super().__init__(**options)
        self.house, self.key = house, key
        self.laurels: Rows = {each: {"slug": each, "title": each.title(), "status": "open"} for each in laurels}
        self.wreaths: Rows = {}
        self.notices: Rows = {}
        self.given = 0

    def change(self, laurel: str, **changes: str) -> bytes:
        """Somebody at Laurel edits that laurel; returns the webhook about it."""
        with self.lock:
            self.laurels[laurel].update(changes)
            notice = f"notice-{len(self.notices) + 1}"
            self.notices[notice] = {"collection": "laurels", "slug": laurel}
            return json.dumps({"notice": notice, "house": self.house}).encode()

    def refuse(self, request: Request) -> Response | None:
        """401 for any other key."""
        return None if request.headers.get("Authorization") == f"Bearer {self.key}" else _answer(401, error="Who?")

    def throttled(self, *, retry_after: int | None) -> Response:
        """429, with the time to wait if it is told."""
        response = _answer(429, error="Too many calls")
        if retry_after is not None:
            response.headers["Retry-After"] = str(retry_after)
        return response

    def unavailable(self, status: int) -> Response:
        """500 or 503."""
        return _answer(status, error="Laurel is resting")

    def no_route(self, error: HTTPException) -> Response:
        """404 or 405."""
        return _answer(error.code or 500, error=error.name)

    def read_house(self, _: Request) -> Response:
        """The house of the key."""
        return _answer(slug=self.house, title=self.house.title())

    def read_page(self, request: Request, collection: str) -> Response:
        """One page, of one learner's wreaths if so asked."""
        learner, start = request.args.get("learner"), int(request.args.get("after", 0))
        rows = [row for row in getattr(self, collection).values() if learner in {None, row.get("learner")}]
        end = start + PAGE_SIZE
        return _answer(**{collection: rows[start:end], "next": str(end) if end < len(rows) else None})

    def read_one(self, _: Request, collection: str, slug: str) -> Response:
        """One row."""
        return _answer(**_known(getattr(self, collection), slug))

    def give(self, request: Request) -> Response:
        """A wreath; 409 if the learner has one of the laurel, 422 if there is no such laurel."""
        body = request.get_json()
        laurel, learner = body["laurel"], body["learner"]
        if laurel not in self.laurels:
            return _answer(422, error="There is no such laurel")
        if any((row["laurel"], row["learner"]) == (laurel, learner["id"]) for row in self.wreaths.values()):
            return _answer(409, error="The learner has this wreath already")
        self.given += 1
        slug = f"{laurel}-{self.given}"
        row = {"slug": slug, "laurel": laurel, "learner": learner["id"], "status": "offered"}
        self.wreaths[slug] = row | {"page": f"https://laurel.example/{slug}", "name": learner["name"]}
        return _answer(201, **self.wreaths[slug])

    def amend(self, request: Request, slug: str) -> Response:
        """Another name on the wreath; the address only decides where mail goes."""
        row = _known(self.wreaths, slug)
        row["name"] = request.get_json()["learner"]["name"]
        return _answer(**row)

    def withdraw(self, _: Request, slug: str) -> Response:
        """The wreath is gone."""
        _known(self.wreaths, slug)
        return _answer(withdrawn=self.wreaths.pop(slug)["slug"])


def _answer(status: int = 200, /, **body: object) -> Response:
    return Response(json.dumps(body), status, mimetype="application/json")


def _known(rows: Rows, slug: str) -> dict[str, Any]:
    if slug not in rows:
        raise NotFound
    return rows[slug]
