"""Systems, issuers and programs, which differ only in what they are within and in what is within them.

Source: https://github.com/mozilla/badgekit-api/blob/master/docs/systems.md
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from django.db import IntegrityError
from django.db.models import Prefetch, QuerySet, prefetch_related_objects
from django.http import HttpResponse

from credentials_badges.badges.locking import in_transaction
from providers.badgekit import answers
from providers.badgekit.api import finding, images
from providers.badgekit.api.calls import Call, answer, listed
from providers.badgekit.api.columns import OUT_OF_RANGE, Column, Email, Text, Url, Wrong, check
from providers.badgekit.api.errors import invalid, not_found, taken
from providers.badgekit.api.routes import Route
from providers.badgekit.models import Issuer, Program, System
from providers.badgekit.models.folding import folded
from providers.badgekit.models.organisations import Named, Organisation

T = TypeVar("T")
N = TypeVar("N", bound=Named)


class Slug(Text):
    """A name that can stand in a path: what has another could never be found, changed or deleted."""

    def read(self, value: object) -> str:
        """The slug as it was sent. Raises Wrong."""
        text = Text(self.least, self.most).read(value)
        if "/" in text or folded(text) in {"", ".", ".."}:
            raise Wrong(OUT_OF_RANGE)
        return text


COLUMNS = (
    Column(name="slug", kind=Slug(1, 255), required=True),
    Column(name="url", kind=Url(), required=True),
    Column(name="name", kind=Text(1, 255), required=True),
    Column(name="description", kind=Text(0, 255)),
    Column(name="email", kind=Email()),
)


@dataclass(frozen=True, slots=True)
class Kind:
    """One of the three: where it is, how it is told, what it is within, and which list it holds."""

    name: str
    path: str
    model: type[Organisation]
    tell: Callable[..., answers.Json]
    within: str = ""
    holds: str = ""
    held: type[Organisation] | None = None

    def list_all(self, call: Call) -> HttpResponse:
        """All that are within what the path names."""
        parent = self._parent(call)
        rows = self._rows().filter(deleted_at=None, **parent).order_by("pk")
        return listed(call, f"{self.name}s", rows, self._told)

    def create(self, call: Call) -> HttpResponse:
        """One more within what the path names."""
        parent = self._parent(call)
        values = _read(call)

        def work() -> answers.Json:
            images.store(values.get("image"))
            return self._told(self.model.objects.create(**parent, **values))

        ids = {name: row.pk for name, row in parent.items()}
        told = unless_taken(self.name, work, lambda: posted(call, COLUMNS, values, ids))
        return answer({"status": "created", self.name: told}, 201)

    def get(self, call: Call) -> HttpResponse:
        """One, with what it holds."""
        return answer({self.name: self._told(self._found(call))})

    def update(self, call: Call) -> HttpResponse:
        """Only what is sent changes."""
        row = self._found(call)
        values = _read(call, row, self._told(row))

        def work() -> answers.Json:
            change(locked(row, call, self.name), values)
            return self._told(self._rows().get(pk=row.pk))

        ids = {self.within: getattr(row, f"{self.within}_id")} if self.within else {}
        told = unless_taken(self.name, work, lambda: posted(call, COLUMNS, values, ids))
        return answer({"status": "updated", self.name: told})

    def delete(self, call: Call) -> HttpResponse:
        """What is within it stays, though nothing finds it there any more. It is told without what surrounds it."""
        row = finding.context(call)
        in_transaction(lambda: locked(row, call, self.name).hide())
        return answer({"status": "deleted", self.name: self.tell(row, nested=True)})

    def _parent(self, call: Call) -> dict[str, Organisation]:
        return {self.within: finding.context(call)} if self.within else {}

    def _found(self, call: Call) -> Organisation:
        row = finding.context(call)
        prefetch_related_objects([row], *self._held())
        return row

    def _rows(self) -> "QuerySet[Any]":
        """Rows with all that an answer needs."""
        return _with_picture(self.model.objects.all()).prefetch_related(*self._held())

    def _held(self) -> "tuple[Prefetch[Any], ...]":
        if self.held is None:
            return ()
        shown = self.held.objects.filter(deleted_at=None).order_by("pk")
        return (Prefetch(self.holds, _with_picture(shown)),)

    def _told(self, row: Any) -> answers.Json:
        return self.tell(row, getattr(row, self.holds).all()) if self.holds else self.tell(row)

    @property
    def routes(self) -> tuple[Route, ...]:
        """Its five calls."""
        shape, one = self.name.capitalize(), f"{self.path}/{{{self.name}}}"
        a_one = f"{'an' if self.name == 'issuer' else 'a'} {self.name}"
        return (
            Route("GET", self.path, self.list_all, f"List the {self.name}s", answers=f"{shape}s", paged=True),
            Route(
                *("POST", self.path, self.create, f"Create {a_one}"),
                answers=f"{shape}Created",
                takes=COLUMNS,
                also_takes=images.ALSO,
                status=201,
                refusals=(400, 409),
            ),
            Route("GET", one, self.get, f"Get {a_one}", answers=shape),
            Route(
                *("PUT", one, self.update, f"Change {a_one}"),
                answers=f"{shape}Changed",
                takes=COLUMNS,
                also_takes=images.ALSO,
                refusals=(400, 409),
            ),
            Route("DELETE", one, self.delete, f"Delete {a_one}", answers=f"{shape}Changed"),
        )


def _with_picture(rows: "QuerySet[Any]") -> "QuerySet[Any]":
    """The rows with where their pictures are; not with the bytes, which no answer tells."""
    return rows.select_related("image").defer("image__data")


def _read(call: Call, row: Organisation | None = None, shown: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """What was sent, by attribute; of a row that there is: what of it changes. Raises ApiError (400)."""
    values, details = check(COLUMNS, changed(call.fields, shown or {}), partly=row is not None)
    image, wrong = images.sent(call, row.image if row else None)
    if details or wrong:
        raise invalid([*details, *wrong])
    return {**values, **image}


def changed(sent: Mapping[str, Any], shown: Mapping[str, Any]) -> dict[str, Any]:
    """What was sent, without what is shown just so: a client may send back all that it got, also what is not valid."""
    return {name: value for name, value in sent.items() if name not in shown or value != shown[name]}


def locked(row: N, call: Call, what: str) -> N:
    """The row as it is now, which nobody else changes till the end of the transaction.

    Raises ApiError (404) if it has been deleted meanwhile: a change must not bring it back.
    """
    now: N | None = type(row).objects.select_for_update().filter(pk=row.pk, deleted_at=None).first()
    if now is None:
        raise not_found(what, "slug", call.params[what])
    return now


def change(row: N, values: Mapping[str, Any]) -> N:
    """Give a row that is locked the values, one of which may be a picture that is not stored yet."""
    images.store(values.get("image"))
    for name, value in values.items():
        setattr(row, name, value)
    row.save(update_fields=(*values, "slug_key"))
    return row


def unless_taken(what: str, work: Callable[[], T], details: Callable[[], Mapping[str, Any]]) -> T:
    """What `work` returns, which writes in a transaction. Raises ApiError (409) with the details if a slug is taken."""
    try:
        return in_transaction(work)
    except IntegrityError:
        raise taken(what, details()) from None


def posted(
    call: Call, columns: Sequence[Column], values: Mapping[str, Any], ids: Mapping[str, int | None]
) -> dict[str, Any]:
    """The row that somebody wanted to write, as BadgeKit tells it: as it was sent, with the ids that it points at."""
    told = {column.name: call.fields[column.name] for column in columns if column.name in call.fields}
    image = {"imageId": values["image"].pk} if values.get("image") else {}
    return {**told, **{f"{name}Id": pk for name, pk in ids.items() if pk}, **image}


KINDS = (
    Kind("system", "/systems", System, answers.system, holds="issuers", held=Issuer),
    Kind(
        *("issuer", "/systems/{system}/issuers", Issuer, answers.issuer),
        within="system",
        holds="programs",
        held=Program,
    ),
    Kind("program", "/systems/{system}/issuers/{issuer}/programs", Program, answers.program, within="issuer"),
)
ROUTES = tuple(route for kind in KINDS for route in kind.routes)
