"""A small world for the engine's tests: a real Credly sandbox without a socket, an account, templates, and learners."""

import itertools
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from django.utils import timezone

from credentials_badges.badges import configuring, delivering, events, rules_file, syncing
from credentials_badges.badges.models import Badge, BadgeTemplate, Issuance, ProviderAccount
from providers.credly.sandbox import CredlySandbox
from tests.in_memory import in_memory

BASE_URL = "https://api.credly.com/v1/"
ACCREDIBLE_URL = "https://api.accredible.com/v1/"
PASSING = "org.openedx.learning.course.passing.status.updated.v1"
KEY = "harbour-key"
START = datetime(2026, 3, 1, tzinfo=UTC)
_numbers = itertools.count(1)


def key(course: str) -> str:
    """The key of the course, of which a test may say the number only."""
    return course if ":" in course else f"course-v1:Harbour+{course}+2026"


def passing(
    username: str, course: str, *, is_passing: bool = True, minute: int = 0, **attributes: Any
) -> dict[str, Any]:
    """An event of Open edX: a learner passes a course, or no longer does, that many minutes after `START`."""
    return {
        "specversion": "1.0",
        "id": f"event-{next(_numbers)}",
        "source": "/test/lms",
        "type": PASSING,
        "time": (START + timedelta(minutes=minute)).isoformat(),
        "data": {
            "course_passing_status": {
                "is_passing": is_passing,
                "course": {"course_key": key(course), "display_name": course},
                "user": {
                    "id": sum(map(ord, username)),
                    "is_active": True,
                    "pii": {
                        "username": username,
                        "email": f"{username}@example.com",
                        "name": f"{username.title()} Doe",
                    },
                },
            }
        },
        **attributes,
    }


def send(*raws: dict[str, Any]) -> None:
    """Store and process events, all in one batch."""
    events.accept([events.read(raw) for raw in raws])
    while events.process_waiting():
        pass


def course_rule(course: str, *, is_passing: bool = True) -> list[dict[str, str]]:
    """The rules for passing (or failing) one course."""
    return [
        {"path": "is_passing", "operator": "eq", "value": str(is_passing).lower()},
        {"path": "course.course_key", "operator": "eq", "value": key(course)},
    ]


def requirement(id_: str, course: str, group: str = "") -> dict[str, Any]:
    """A requirement of a rules file: pass this course."""
    return {"id": id_, "group": group, "event_type": PASSING, "rules": course_rule(course)}


def penalty(course: str, *requirements: str) -> dict[str, Any]:
    """A penalty of a rules file: failing this course undoes those requirements."""
    return {"event_type": PASSING, "requirements": list(requirements), "rules": course_rule(course, is_passing=False)}


def make_due() -> None:
    """Let the time pass that postponed promises and paused accounts wait for."""
    ProviderAccount.objects.update(paused_until=None)
    Issuance.objects.filter(status=Issuance.Status.PENDING).update(not_before=timezone.now())


class World:
    """One Credly organization with its sandbox."""

    def __init__(
        self,
        sandbox: CredlySandbox,
        templates: int,
        name: str = "Harbour Point",
        api_key: str = KEY,
        base_url: str = "",
    ) -> None:
        self.sandbox = sandbox
        self.organization = self.sandbox.add_organization(name, api_key, templates)
        self.account = ProviderAccount.objects.create(
            provider="credly", external_id=self.organization, name=name, api_key=api_key, base_url=base_url
        )
        self.faults = self.sandbox.faults
        syncing.pull(self.account)
        self.templates = list(BadgeTemplate.objects.filter(account=self.account).order_by("pk"))

    def second_account(self) -> "World":
        """Another organization in the same sandbox."""
        return World(self.sandbox, len(self.templates), "Lakeside", "lakeside-key")

    def configure(self, number: int = 0, *, award: str = "", **rules: Any) -> BadgeTemplate:
        """Activate a template with these requirements and penalties, as a rules file would."""
        template = self.templates[number]
        spec = {"provider": "credly", "external_id": template.external_id, "active": True, **rules}
        if award:
            spec["award"] = award
        configuring.apply(rules_file.read(json.dumps({"templates": [spec]})))
        return template

    def deliver(self, rounds: int = 10) -> None:
        """Try until nothing is pending, letting time pass in between."""
        for _ in range(rounds):
            delivering.deliver_due()
            make_due()

    def held(self, state: str = "pending") -> list[dict[str, Any]]:
        """The badges that Credly holds in that state."""
        return [row for row in self.sandbox.badges(self.organization) if row["state"] == state]

    def badges(self) -> list[Badge]:
        """Our badges, oldest first."""
        return list(Badge.objects.filter(account=self.account).order_by("pk"))


@contextmanager
def world(templates: int = 3) -> Iterator[World]:
    """The world, reachable through `requests`."""
    sandbox = CredlySandbox()
    with in_memory(sandbox, BASE_URL):
        yield World(sandbox, templates)
