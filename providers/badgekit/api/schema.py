"""Adds the API to the OpenAPI description of the service: every call, generated from its route."""

import re
from collections.abc import Iterator
from copy import deepcopy
from itertools import accumulate, pairwise

from providers.badgekit.api import images
from providers.badgekit.api.calls import BODILESS, FORMS
from providers.badgekit.api.columns import Column
from providers.badgekit.api.routes import CONTEXT, Route
from providers.badgekit.api.schema_shapes import ANSWERS, THINGS, Shape, maybe, ref
from providers.badgekit.api.views import ROUTES

JSON = "application/json"
FORM, UPLOAD = FORMS
CONTEXTS = tuple(accumulate(CONTEXT.replace(")?", "").split("(")))
"""The paths of a system, of an issuer and of a program."""
SCHEME = "BadgeKit"
SIGNED = (
    'A JSON web token, signed with HS256, in the form `JWT token="…"`. Its claims are `key` (`master`, or that of a '
    "consumer), `method`, `path` with the query, `exp` (the second at which it ends; may be left out), and for all but "
    "GET and DELETE `body`, which is the hash of the very bytes that are sent: "
    '`{"alg": "sha256", "hash": "<in lower-case hex>"}`. The secret is the consumer\'s, or the master\'s.'
)
TAGS = {
    "systems": "systems",
    "issuers": "issuers",
    "programs": "programs",
    "badges": "badges",
    "codes": "claim codes",
    "instances": "badge instances",
    "applications": "applications",
    "reviews": "reviews",
    "milestones": "milestones",
    "public": "open to everybody",
    "images": "open to everybody",
}
"""What a call is about, by the last of these words in its path."""
NAMED = {
    "system": "The system's slug.",
    "issuer": "The issuer's slug.",
    "program": "The program's slug.",
    "badge": "The badge's slug.",
    "code": "The text of the claim code.",
    "email": "The e-mail address of whoever holds it.",
    "application": "The application's slug.",
    "review": "The review's slug.",
    "milestone": "The milestone's id.",
    "image": "The picture's slug.",
    "slug": "The assertion's slug.",
}
MEANINGS = {
    200: "What was asked for.",
    201: "It has been made.",
    301: "It is at another address.",
    302: "Whoever comes with a browser is led to their own pages.",
    400: "What was sent cannot be taken.",
    403: "The call is not signed as it has to be.",
    404: "What the path names does not exist.",
    406: "The client wants something else than JSON.",
    409: "Another one is in its place.",
    413: "The body is too large.",
    415: "The body is of another media type.",
    503: "The database is busy; the call can be repeated.",
}
ENDINGS = {JSON: "body", FORM: "form", UPLOAD: "upload"}
PICTURE = {"image/*": {"schema": {"type": "string", "format": "binary"}}}
PAGING = (
    ("page", {"type": "integer", "minimum": 1}),
    ("count", {"type": "integer", "minimum": 1}),
)
"""Without both, everything is answered."""


def describe(result: Shape, generator: object, request: object, public: object) -> Shape:
    """A hook of drf-spectacular: returns its description with the API in it. Raises ValueError if a name is taken."""
    components = result.setdefault("components", {})
    _add(components.setdefault("securitySchemes", {}), {SCHEME: _scheme()})
    schemas = {**THINGS, **{f"{name}Answer": shape for name, shape in ANSWERS.items()}, **_bodies()}
    _add(components.setdefault("schemas", {}), schemas)
    paths = result.setdefault("paths", {})
    for path in ("/", "/healthcheck"):
        _add(paths.setdefault(path, {}), {"get": _health(path)})
    for route in ROUTES:
        for path in expanded(route.path):
            _add(paths.setdefault(path, {}), {route.method.lower(): _operation(route, path)})
    return deepcopy(result)  # So that nobody who changes it changes the shapes.


def expanded(path: str) -> Iterator[str]:
    """The path in each context, if it has one."""
    yield from dict.fromkeys(path.replace("{context}", context) for context in CONTEXTS)


def _add(to: Shape, what: Shape) -> None:
    if taken := to.keys() & what.keys():
        raise ValueError(f"The description has two of {sorted(taken)}")
    to.update(what)


def _scheme() -> Shape:
    return {"type": "apiKey", "in": "header", "name": "Authorization", "description": SIGNED}


def _health(path: str) -> Shape:
    answers = {"200": _answer(200, _content(ref("HealthAnswer")))}
    if path == "/":
        answers["302"] = {"description": MEANINGS[302]}
    return {
        "operationId": _id("get", path),
        "summary": "Who answers here",
        "tags": _tags("/public"),
        "security": [],
        "responses": answers,
    }


def _operation(route: Route, path: str) -> Shape:
    told = {
        "operationId": _id(route.method, path),
        "summary": route.summary,
        "tags": _tags(path),
        "parameters": [*_named(path), *_query(route)],
        "security": [] if route.is_open else [{SCHEME: []}],
        "responses": {str(status): _answer(status, content) for status, content in _responses(route)},
    }
    if has_body(route):
        content = {kind: {"schema": ref(_body_name(route, kind))} for kind in (JSON, *FORMS)}
        told["requestBody"] = {"content": content, "required": bool(_required(route) or route.needs)}
    return told


def _id(method: str, path: str) -> str:
    """Unique and stable, for it is made of the call itself: that of GET /systems/{system} is badgekit_get_system."""
    return "_".join(("badgekit", method.lower(), *_words(path)))


def _words(path: str) -> Iterator[str]:
    """The path's words; a thing stands for the list that it is in."""
    for part, following in pairwise((*path.split("/")[1:], "")):
        if following != f"{{{part.removesuffix('s')}}}":
            yield re.sub(r"\W", "_", part.strip("{}"))


def _tags(path: str) -> list[str]:
    words = [part for part in path.split("/") if part in TAGS]
    about = "public" if path.startswith("/public") else words[-1]
    return [f"BadgeKit: {TAGS[about]}"]


def has_body(route: Route) -> bool:
    """Whether the call takes anything in a body."""
    return route.method not in BODILESS and bool(route.takes or route.also_takes)


def _named(path: str) -> list[Shape]:
    names = re.findall(r"{(\w+)}", path)
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}, "description": NAMED[name]}
        for name in names
    ]


def _query(route: Route) -> list[Shape]:
    told = [{"name": name, "in": "query", "schema": shape} for name, shape in route.query]
    if route.paged:
        whole = "Without both `page` and `count`, everything is answered."
        told += [{"name": name, "in": "query", "schema": shape, "description": whole} for name, shape in PAGING]
    return told


def _responses(route: Route) -> Iterator[tuple[int, Shape]]:
    """Every status of the call, with what is answered. Of a picture, its bytes are, unless it is elsewhere."""
    told = _content(ref(f"{route.answers}Answer"))
    yield route.status, PICTURE if route.shows_picture else told
    every = {503} if route.is_open else {403, 503}
    every |= set() if route.shows_picture else {406}
    every |= {404} if "{" in route.path else set()
    every |= {400, 413, 415} if route.method not in BODILESS else set()
    for status in sorted(every | {*route.refusals}):
        yield status, told if status == 301 else _content(_refusal(status))


def _refusal(status: int) -> Shape:
    if status == 409:
        return ref("ConflictError")
    return {"anyOf": [ref("Error"), ref("ValidationError")]} if status == 400 else ref("Error")


def _answer(status: int, content: Shape) -> Shape:
    return {"description": MEANINGS[status], "content": content}


def _content(shape: Shape) -> Shape:
    return {JSON: {"schema": shape}}


def _bodies() -> Shape:
    """The bodies of all calls by name, in each form that they may have; every context has the same."""
    return {
        _body_name(route, kind): _body(route, kind) for route in ROUTES if has_body(route) for kind in (JSON, *FORMS)
    }


def _body_name(route: Route, kind: str) -> str:
    """Such as PostBadgeCodesForm."""
    words = "_".join((route.method.lower(), *_words(route.path.replace("{context}", "")), ENDINGS[kind]))
    return words.title().replace("_", "")


def _body(route: Route, kind: str) -> Shape:
    fields = {column.name: _field(column, kind) for column in route.takes}
    fields |= {name: _sent_as(name, shape, kind) for name, shape in route.also_takes}
    shape: Shape = {"type": "object", "properties": fields}
    if required := _required(route):
        shape["required"] = required
    if len(route.needs) > 1:
        shape["anyOf"] = [{"required": [name]} for name in route.needs]
    return shape


def _sent_as(name: str, shape: Shape, kind: str) -> Shape:
    """The shape as it can be sent: only an upload has files, and no form has lists of objects, except as JSON."""
    if kind == UPLOAD and name in images.NAMES:
        return {"anyOf": [shape, {"type": "string", "format": "binary"}]}
    items = shape.get("items", {})
    if kind != JSON and items.get("type") == "object":
        return {"type": "string", "description": "A list of objects, as JSON."}
    if kind != JSON and "anyOf" in items:
        return {**shape, "items": next(each for each in items["anyOf"] if each["type"] != "object")}
    return shape


def _required(route: Route) -> list[str]:
    """The fields that have to be there; whoever changes something sends only what changes."""
    needed = route.needs if len(route.needs) == 1 else ()
    return [] if route.method == "PUT" else [*(column.name for column in route.takes if column.required), *needed]


def _field(column: Column, kind: str) -> Shape:
    shape = dict(column.kind.schema)
    return shape if column.required or kind != JSON else maybe(shape)
