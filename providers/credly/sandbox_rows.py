"""What the Credly sandbox holds: organizations, and rows of the shapes that Credly's own examples have.

Reference: https://www.credly.com/docs/badge_templates and https://www.credly.com/docs/issued_badges
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

SUBJECTS = (
    *("Data Literacy", "Cloud Operations", "Inclusive Teaching", "Technical Writing", "Climate Modelling"),
    *("Network Security", "Laboratory Safety", "Project Leadership", "Applied Statistics", "Accessible Design"),
    *("Public Speaking", "Supply Chain Planning", "Machine Learning", "Research Ethics", "Community Health"),
    *("Web Development", "Digital Marketing", "Renewable Energy", "Conflict Mediation", "Archival Practice"),
)
STAGES = ("Foundations", "Practitioner", "Specialist", "Capstone", "Mentor")
MINIMAL = (
    *("id", "issued_to", "issued_to_first_name", "issued_to_last_name", "issuer_earner_id", "public"),
    *("recipient_email", "state", "badge_url", "updated_at", "created_at", "expires_at", "issued_at"),
    "state_updated_at",
)

Row = dict[str, Any]


@dataclass
class Organization:
    """One account at Credly. `templates` and `badges` are rows by id, and a test may change them."""

    id: str
    name: str
    key: str
    templates: dict[str, Row] = field(default_factory=dict)
    badges: dict[str, Row] = field(default_factory=dict)
    tokens: list[Row] = field(default_factory=list)
    """Its authorization tokens, of which `key` is the first."""
    events: list[Row] = field(default_factory=list)
    """In the order in which they happened."""
    webhook_url: str | None = None
    issued: int = 0
    """How many badges were ever issued, so that no id is given twice."""

    @property
    def client_id(self) -> str:
        """Its OAuth client, whose secret is `key`."""
        return made_id(self.id, "client")


def made_id(*parts: str) -> str:
    """A UUID that follows from those words, so that every run has the same ids."""
    return str(uuid5(NAMESPACE_URL, "/".join(("credly", *parts))))


def template_name(number: int) -> str:
    """The name of a made-up template, from 0; every number has its own."""
    subject, stage = SUBJECTS[number % 20], STAGES[number // 20 % 5]
    return f"{subject} {stage}" + (f" {number // 100 + 1}" if number >= 100 else "")


def stamp(moment: datetime) -> str:
    """A time as Credly writes it."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def written_time(text: str) -> datetime:
    """A time as requests write it, ``2026-09-14 10:21:58 +0000``. Raises ValueError for any other form."""
    return datetime.strptime(text, "%Y-%m-%d %H:%M:%S %z")


def organization_row(org: Organization) -> Row:
    """An organization as Credly shows it."""
    return {
        **_owner(org),
        "website_url": f"https://{_slug(org.name)}.example/",
        "webhook_url": org.webhook_url,
        "contact_email": f"badges@{_slug(org.name)}.example",
        "organization_type": "Training Provider",
        "bio": f"{org.name} trains and assesses.",
        "country": "United States",
        "created_at": "2024-11-04T16:00:00.000Z",
        "updated_at": "2026-08-30T09:12:44.000Z",
        "photo": None,
        "photo_url": None,
    }


def token_row(org: Organization, key: str, created_at: str, expires_at: str) -> Row:
    """An authorization token as Credly shows it."""
    return {
        "id": made_id(org.id, "token", key),
        "token": key,
        "owner_id": org.id,
        "description": "learning platform",
        "write_enabled": True,
        "read_enabled": True,
        "delete_enabled": False,
        "created_at": created_at,
        "expires_at": expires_at,
        "owner": _owner(org),
    }


def template_row(org: Organization, name: str, state: str, created: datetime) -> Row:
    """A badge template of that state; a draft has no image yet."""
    slug, image_id = _slug(name), made_id(org.id, name, "image")
    image_url = None if state == "draft" else f"https://images.credly.com/images/{image_id}/{slug}.png"
    course = f"https://{_slug(org.name)}.example/courses/{slug}"
    return {
        "id": made_id(org.id, name),
        "allow_duplicate_badges": False,
        "cost": "Free",
        "description": f"Holders of {name} have shown in assessed work that they can apply it.",
        "global_activity_url": course,
        "level": "Intermediate",
        "name": name,
        "state": state,
        "public": state != "draft",
        "badges_count": 0,
        "recipient_type": "User",
        "vanity_slug": slug,
        "time_to_earn": "Weeks",
        "type_category": "Learning",
        "visibility": "public",
        "state_updated_at": None,
        "created_at": stamp(created),
        "updated_at": stamp(created),
        "image": image_url and {"id": image_id, "url": image_url},
        "image_url": image_url,
        "url": f"https://www.credly.com/org/{_slug(org.name)}/badge/{slug}",
        "owner": _owner(org),
        "alignments": [],
        "badge_template_activities": [{"title": f"Complete {name}", "activity_type": "Course", "activity_url": course}],
        "skills": name.split()[:3],
        "reporting_tags": [],
    }


def badge_row(org: Organization, template: Row, body: Row, now: str) -> Row:
    """A new badge, pending, for the body of a request to issue it. It counts as issued even if it is not kept."""
    badge_id = made_id(org.id, "badge", str(org.issued))
    org.issued += 1
    issued_at = stamp(written_time(body["issued_at"]))
    expires_at = stamp(written_time(body["expires_at"])) if body.get("expires_at") else None
    return {
        "id": badge_id,
        "user": {},
        "created_by": _owner(org),
        "badge_template": {key: value for key, value in template.items() if key != "reporting_tags"},
        "issued_to": f"{body['issued_to_first_name']} {body['issued_to_last_name']}",
        "issued_to_first_name": body["issued_to_first_name"],
        "issued_to_middle_name": body.get("issued_to_middle_name"),
        "issued_to_last_name": body["issued_to_last_name"],
        "issuer_earner_id": body.get("issuer_earner_id"),
        "locale": body.get("locale", "en"),
        "public": True,
        "recipient_email": body["recipient_email"],
        "replacement_badge_id": None,
        "replaces_badge_id": None,
        "revocation_reason": None,
        "state": "pending",
        "updated_at": now,
        "created_at": now,
        "expires_at": expires_at,
        "expires_at_date": expires_at and expires_at[:10],
        "issued_at": issued_at,
        "issued_at_date": issued_at[:10],
        "state_updated_at": None,
        "image": template["image"],
        "image_url": template["image_url"],
        "evidence": [
            {"id": made_id(badge_id, "evidence", str(number)), "description": None, **item}
            for number, item in enumerate(body.get("evidence") or [])
        ],
        "accept_badge_url": f"https://www.credly.com/badges/{badge_id}/accept",
    }


def replacement_row(org: Organization, template: Row, old: Row, body: Row, now: str) -> Row:
    """The badge that stands for `old` from now on, in the state that it had."""
    kept = ("recipient_email", "issued_to_first_name", "issued_to_last_name", "issuer_earner_id", "locale")
    new = badge_row(org, template, {**{key: old[key] for key in kept}, **body}, now)
    new.update(replaces_badge_id=old["id"], user=old["user"], state=old["state"])
    new["badge_url"] = f"https://www.credly.com/badges/{new['id']}"
    return new


def accept_row(row: Row, now: str) -> None:
    """What becomes of a row when the learner accepts the badge."""
    user_id = made_id(row["recipient_email"], "user")
    # Credly masks the address of the learner's account.
    row.update(user={"id": user_id, "email": f"{user_id}@example.com"}, state="accepted")
    row.update(badge_url=f"https://www.credly.com/badges/{row['id']}", state_updated_at=now, updated_at=now)
    row.pop("accept_badge_url", None)


def minimal_row(row: Row) -> Row:
    """The short form of the search for high volumes."""
    template = {key: row["badge_template"][key] for key in ("id", "name")}
    return {**{key: row.get(key) for key in MINIMAL}, "badge_template": template, "user": {"id": row["user"].get("id")}}


def _owner(org: Organization) -> Row:
    slug = _slug(org.name)
    return {
        "type": "Organization",
        "id": org.id,
        "name": org.name,
        "url": f"https://api.credly.com/api/v1/organizations/{org.id}",
        "vanity_url": f"https://www.credly.com/org/{slug}",
        "vanity_slug": slug,
        "verified": True,
    }


def _slug(name: str) -> str:
    return "-".join(name.lower().split())
