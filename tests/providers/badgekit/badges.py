"""A badge as it is sent to the API, and what is answered of it."""

from typing import Any

NEW: dict[str, Any] = {
    "slug": "sailor",
    "name": "Sailor",
    "strapline": "Ahoy.",
    "earnerDescription": "Sail.",
    "consumerDescription": "Has sailed.",
    "issuerUrl": "https://harbour.example",
    "rubricUrl": "https://harbour.example/rubric",
    "criteriaUrl": "https://harbour.example/criteria",
    "timeValue": 2,
    "timeUnits": "weeks",
    "evidenceType": "Photo",
    "limit": 5,
    "unique": 1,
    "type": "skill",
}
IMAGE = {"image": "https://pictures.example/sail.png"}
LISTS = {
    "criteria": [{"description": "Leave.", "required": 1, "note": "Alone."}, {"description": "Return."}],
    "alignments": [{"name": "RYA", "url": "https://rya.example/1", "description": "Level 1"}],
    "categories": ["sea", "", "sea", "wind", None],
    "tags": ["sea", {"id": 7, "value": "rope"}, "rope", 5],
}
LEAST = ("name", "earnerDescription", "consumerDescription", "criteriaUrl", "unique", "type")


def slugs(answer: tuple[int, Any]) -> list[str]:
    """The slugs of the badges that were listed."""
    status, told = answer
    assert status == 200
    return [each["slug"] for each in told["badges"]]


def wrong(answer: tuple[int, Any]) -> dict[str, str]:
    """The fields that were refused, with the messages."""
    status, told = answer
    assert (status, told["code"], told["message"]) == (400, "ValidationError", "Could not validate required fields")
    return {each["field"]: each.get("message", "") for each in told["details"]}


def without_ids(badge: dict[str, Any]) -> dict[str, Any]:
    """What is told of its lists."""
    told = {name: badge[name] for name in LISTS}
    for name in ("criteria", "alignments", "tags"):
        told[name] = [{key: value for key, value in each.items() if key != "id"} for each in told[name]]
    return told
