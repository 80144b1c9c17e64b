"""What the played Accredible holds: issuers, groups, designs and credentials, in the shapes of its own examples.

They are the same in every run. The shapes are those of https://docs.api.accredible.com.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

API = "https://api.accredible.com/v1"
FIELDS = (
    "Tide Survey", "Boat Handling", "Data Ethics", "Soil Science", "Team Leadership", "Open Licences",
    "Python Programming", "Urban Planning", "First Aid", "Museum Studies", "Game Design",
)  # fmt: skip
LEVELS = ("Basics", "Practitioner", "Advanced", "Mentor", "Expert")
COMMON = {
    "id", "name", "description", "grade", "complete", "issued_on", "expired_on", "course_link", "group_name",
    "recipient", "issuer", "meta_data",
}  # fmt: skip
BULK = COMMON | {"approve", "url", "evidence_items", "references"}
SEARCHED = COMMON | {"private", "seo_image", "encoded_id", "custom_attributes"}
FLAT = ("name", "approve", "private", "issued_on", "expired_on", "grade", "custom_attributes", "meta_data", "seo_image")


@dataclass(kw_only=True)
class Issuer:
    """One account: what its key opens."""

    id: int
    name: str
    key: str = field(repr=False)
    groups: dict[int, dict[str, Any]]
    designs: dict[int, dict[str, Any]]
    allow_duplicate_credentials: set[int] = field(default_factory=set)
    """Ids of groups that take a second credential for one address. No read shows this setting."""
    held: list["Held"] = field(default_factory=list)


@dataclass(kw_only=True)
class Held:
    """One stored credential: the row of version 1, and what only the search of version 2 shows."""

    row: dict[str, Any]
    group: dict[str, Any]
    """Kept here, since a group can be deleted while its credentials stay."""
    license_id: str | None
    stored_at: float
    updated_at: float

    def flat(self) -> dict[str, Any]:
        """The row of version 2."""
        recipient, group = self.row["recipient"], self.group
        return {
            **{key: self.row[key] for key in FLAT},
            "id": int(self.row["id"]),
            "uuid": str(uuid5(NAMESPACE_URL, self.row["url"])),
            "encoded_id": self.row["encoded_id"],
            "license_id": self.license_id,
            "created_at": timestamp(self.stored_at),
            "updated_at": timestamp(self.updated_at),
            "issuer_id": self.row["issuer"]["id"],
            "recipient_name": recipient["name"],
            "recipient_email": recipient["email"],
            "recipient_id": recipient["id"],
            "group": {k: group[k] for k in ("id", "name", "course_name", "badge_design_id", "certificate_design_id")},
        }


def timestamp(seconds: float) -> str:
    """Seconds since 1970 as Accredible writes a time."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def course_name(number: int) -> str:
    """A course name; unlike the one before it, and the same in every run."""
    series, level = divmod(number // len(FIELDS), len(LEVELS))
    return f"{FIELDS[number % len(FIELDS)]}: {LEVELS[level]}" + (f" {series + 1}" if series else "")


def group_row(group_id: int, number: int, course_name: str) -> dict[str, Any]:
    """A group's row. In every third the primary design is null, as it may be at Accredible."""
    design_id = group_id - 300000
    return {
        "id": group_id,
        "name": f"course-{number + 1:03d}-2026",
        "course_name": course_name,
        "course_description": f"Awarded to those who completed {course_name}.",
        "course_link": f"https://harbourpoint.example/courses/{group_id}",
        "learning_outcomes": None if number % 2 else ["Hydrography", "Field safety"],
        "skill_category": {"id": 4, "name": "Science"},
        "language": "en",
        "design_id": None,
        "primary_design_id": None if number % 3 == 2 else design_id,
        "badge_design_id": design_id,
        "certificate_design_id": None,
        "department_id": None,
        "meta_data": {},
        "auto_expiry": 0,
        "achievement_type": "Badge",
        "created_at": "2025-01-20T08:00:00.000Z",
        "updated_at": "2026-06-11T09:30:00.000Z",
    }


def design_row(group: dict[str, Any]) -> dict[str, Any]:
    """The row of the group's badge design."""
    return {
        "id": group["badge_design_id"],
        "name": f"Badge of {group['course_name']}",
        "kind": "badge",
        "rasterized_content_url": f"{API}/example/{group['badge_design_id']}.png",
        "department_id": None,
        "meta_data": {},
        "created_at": group["created_at"],
        "updated_at": group["updated_at"],
    }


def credential_row(issuer: Issuer, group: dict[str, Any], sent: dict[str, Any], number: int) -> dict[str, Any]:
    """A row of version 1, not yet published; reads name the fields of evidence otherwise than writes do."""
    recipient = sent["recipient"]
    return {
        "id": str(number),
        "name": sent.get("name") or group["course_name"],
        "description": sent.get("description") or group["course_description"],
        "approve": False,
        "complete": sent.get("complete", True),
        "grade": None,
        "private": sent.get("private", False),
        "issued_on": sent.get("issued_on"),
        "expired_on": sent.get("expired_on"),
        "course_link": group["course_link"],
        "custom_attributes": sent.get("custom_attributes") or {},
        "group_name": group["name"],
        "group_id": group["id"],
        "url": f"https://www.credential.net/{number}",
        "encoded_id": f"q{number:x}",
        "seo_image": f"{API}/frontend/credential_seo_image/{number}",
        "badge": {"image": {"preview": f"{API}/frontend/credential_badge_image/{number}"}},
        "evidence_items": [
            {
                "id": 700311 + n,
                "description": item["description"],
                "link_url": item.get("url"),
                "type": item["category"],
            }
            for n, item in enumerate(sent.get("evidence_items") or [])
        ],
        "references": [],
        "recipient": {key: recipient.get(key) for key in ("name", "email", "phone_number", "id", "meta_data")},
        "issuer": {"id": issuer.id, "name": issuer.name, "description": None, "url": "https://harbourpoint.example"},
        "meta_data": sent.get("meta_data") or {},
    }


def bulk_row(held: Held) -> dict[str, Any]:
    """A result of the bulk create: without the group's id, and with a number of Accredible's own for the learner."""
    row = {key: value for key, value in held.row.items() if key in BULK}
    return row | {"recipient": {**row["recipient"], "id": own_number(held)}, "custom_attibutes": None}


def searched_row(held: Held) -> dict[str, Any]:
    """A row from the search of version 1, which shows neither group nor approval."""
    row = {key: value for key, value in held.row.items() if key in SEARCHED}
    return row | {"id": int(row["id"]), "recipient": {**row["recipient"], "id": own_number(held)}}


def own_number(held: Held) -> int:
    """A number of Accredible's own for the learner."""
    return 90551 + int(held.row["id"]) % 1000
