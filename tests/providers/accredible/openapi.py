"""What Accredible's own description allows in the calls that we make: names and types, as facts.

From openapi.json of github.com/accredible/api-documentation at ab5271eba50e0aaf3b92445cb120fb157d8e507b (2026-03-23,
version 25.08.0). It leaves out the fields of evidence items in a credential, and the paging of the search of designs:
those are from apiary.apib, which it replaced, in the same repository at 486c3de411288e95bc13dd54a6bf283939df7170.

Names are paths through the body: ``/`` leads into an object, ``[]`` through a list. Dots belong to a name itself.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

DAY = re.compile(r"\d{4}-\d\d-\d\d")
Kind = type | tuple[type, ...] | re.Pattern[str]

CREDENTIAL: dict[str, Kind] = {
    "id": str,
    "recipient/name": str,
    "recipient/email": str,
    "recipient/phone_number": str,
    "recipient/id": str,
    "recipient/meta_data": dict,
    "group_id": int,
    "name": str,
    "description": str,
    "custom_attributes": dict,
    "issued_on": DAY,
    "expired_on": DAY,
    "complete": bool,
    "allow_supplemental_evidence": bool,
    "allow_supplemental_references": bool,
    "evidence_items": list,
    "evidence_items[]/description": str,
    "evidence_items[]/category": str,
    "evidence_items[]/url": str,
    "evidence_items[]/file": str,
    "evidence_items[]/string_object": str,
    "meta_data": dict,
    # The schema of the update lacks the next one, which its example sends.
    "approve": bool,
}
PAGING: dict[str, Kind] = {"page_size": int, "page": int}
UPDATED: dict[str, Kind] = {"start_updated_date": DAY, "end_updated_date": DAY}
DAY_OPERATIONS = ("", "[eq]", "[in]", "[lt]", "[lte]", "[gt]", "[gte]")


def _under(prefix: str, names: dict[str, Kind]) -> dict[str, Kind]:
    return {prefix + name: kind for name, kind in names.items()}


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One call: the fields that its body may have, and those that it must have. No fields: no body."""

    fields: dict[str, Kind] = field(default_factory=dict)
    required: frozenset[str] = frozenset()


OPERATIONS = {
    "GET /v1/issuer/details": Operation(),
    "POST /v1/issuer/groups/search": Operation(
        fields={"ids": list, "name": str, "course_name": str, "meta_data": dict, **UPDATED, **PAGING}
    ),
    "POST /v1/designs/search": Operation(fields={"kind": str, "department_id": int, "meta_data": dict, **PAGING}),
    "POST /v1/credentials": Operation(
        fields=_under("credential/", {**CREDENTIAL, "private": bool}),
        required=frozenset({"credential/recipient/name", "credential/recipient/email", "credential/group_id"}),
    ),
    "POST /v2/credentials/bulk_create": Operation(
        fields={"credentials": list, **_under("credentials[]/", {**CREDENTIAL, "private": bool})},
        required=frozenset({"credentials", "credentials[]/recipient/email", "credentials[]/group_id"}),
    ),
    "GET /v1/credentials/{id}": Operation(),
    "PUT /v1/credentials/{id}": Operation(fields=_under("credential/", CREDENTIAL)),
    "DELETE /v1/credentials/{id}": Operation(),
    "POST /v2/credentials/search": Operation(
        fields={
            # Its schema says text, its examples are numbers.
            **{f"query/group.id{operation}": (int, str, list) for operation in ("", "[eq]", "[in]")},
            **{
                f"query/{key}{operation}": list if operation == "[in]" else str
                for key in ("uuid", "recipient_name", "recipient_email", "recipient_id", "license_id")
                for operation in ("", "[eq]", "[in]")
            },
            "query/approve": bool,
            **{
                f"query/{key}{operation}": list if operation == "[in]" else DAY
                for key in ("issued_on", "expired_on", "updated_at", "created_at")
                for operation in DAY_OPERATIONS
            },
            **{f"sort/{key}": re.compile("asc|desc") for key in ("id", "recipient_name", "group.name", "issued_on")},
            "page/from": int,
            "page/size": int,
            "page/cursor": str,
        },
        required=frozenset({"query"}),
    ),
    "POST /v1/credentials/search": Operation(
        fields={
            "group_id": str,
            "recipient.name": str,
            "recipient.email": str,
            "recipient.id": str,
            "license_id": str,
            "start_date": DAY,
            "end_date": DAY,
            **UPDATED,
            **PAGING,
        }
    ),
}


def operation(method: str, path: str) -> str:
    """The name of the call in `OPERATIONS`."""
    name = f"{method} {path}"
    return name if name in OPERATIONS else re.sub(r"(?<=/v1/credentials/)[^/?]+$", "{id}", name)


def faults(method: str, path: str, body: object) -> list[str]:
    """What the description does not allow about a request."""
    name = operation(method, path)
    if name not in OPERATIONS:
        return [f"{name} is not described"]
    allowed = OPERATIONS[name]
    if not allowed.fields:
        return [] if body is None else [f"{name} has no body"]
    told, found = set(), []
    for place, value in _walk(body, "", allowed.fields):
        told.add(place)
        if place in allowed.fields and not _is(value, allowed.fields[place]):
            found.append(f"{place} is {type(value).__name__}, or not in the form")
        if place not in allowed.fields and not isinstance(value, dict):
            found.append(f"{place} is not described")
    return found + [f"{place} is missing" for place in sorted(allowed.required - told)]


def _walk(value: object, place: str, described: dict[str, Kind]) -> Iterator[tuple[str, object]]:
    """Every place in the body with its value; a described object has names of its own."""
    if place:
        yield place, value
    if isinstance(value, dict) and place not in described:
        for key, inner in value.items():
            yield from _walk(inner, f"{place}/{key}" if place else key, described)
    if isinstance(value, list) and any(name.startswith(f"{place}[]/") for name in described):
        for inner in value:
            yield from _walk(inner, f"{place}[]", described)


def _is(value: object, kind: Kind) -> bool:
    if isinstance(kind, re.Pattern):
        return isinstance(value, str) and kind.fullmatch(value) is not None
    return isinstance(value, kind) and (kind is bool or not isinstance(value, bool))
