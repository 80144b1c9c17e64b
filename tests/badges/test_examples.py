"""The ready configurations of docs/examples: who earns each badge, who just misses it, and that none loses a word."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
import time_machine
import yaml

from credentials_badges.badges import configuring, rules_file
from credentials_badges.badges.models import Badge, BadgeTemplate, LearningEvent, ProviderAccount
from tests.badges.example_cases import A_COURSE, B_COURSE, CASES, Event
from tests.badges.world import World, penalty, requirement, send

pytestmark = pytest.mark.once

FOLDER = Path(__file__).resolve().parents[2] / "docs/examples"
FILES = sorted(file.stem for file in FOLDER.glob("*.yaml"))
BEFORE = datetime(2026, 1, 1, tzinfo=UTC)
"""Before any event of the cases: what came before a template is active would not count."""


@dataclass(frozen=True)
class Place:
    """Two templates to configure, badges A and B beside them, and a clock that stands still."""

    clock: time_machine.Traveller
    badge_a: BadgeTemplate
    badge_b: BadgeTemplate
    one: BadgeTemplate
    another: BadgeTemplate

    def configure(self, example: str, template: BadgeTemplate) -> list[str]:
        """Apply the file to that template; returns what this changed."""
        text = (FOLDER / f"{example}.yaml").read_text(encoding="utf-8")
        for placeholder, named in (
            ("TEMPLATE-ID", template),
            ("ID-OF-BADGE-A", self.badge_a),
            ("ID-OF-BADGE-B", self.badge_b),
        ):
            text = text.replace(f"REPLACE-WITH-THE-{placeholder}", named.external_id)
        return configuring.apply(rules_file.read(text))

    def happen(self, happenings: list[Event]) -> None:
        """Let each event arrive at its own time, or at that of a later one that was told before it."""
        for event in happenings:
            self.clock.move_to(max(datetime.now(UTC), datetime.fromisoformat(event["time"])))
            send(event)


@pytest.fixture
def place(credly: World) -> Iterator[Place]:
    """Badge A is Credly's and badge B Accredible's, each for a course, and lost with a failing grade there."""
    account = ProviderAccount.objects.create(provider="accredible", external_id="77", api_key="lakeside-key")
    badge_b = BadgeTemplate.objects.create(account=account, external_id="1234", name="Badge B")
    badge_a, one, another = credly.templates
    with time_machine.travel(BEFORE, tick=False) as clock:
        for template, course in ((badge_a, A_COURSE), (badge_b, B_COURSE)):
            spec = {
                "provider": template.account.provider,
                "external_id": template.external_id,
                "active": True,
                "requirements": [requirement("passed", course)],
                "penalties": [penalty(course, "passed")],
            }
            configuring.apply(rules_file.read(json.dumps({"templates": [spec]})))
        yield Place(clock, badge_a, badge_b, one, another)


@pytest.mark.parametrize(
    ("example", "badges", "happenings"),
    [
        pytest.param(example, *case, id=f"{example}: {what}")
        for example, cases in CASES.items()
        for what, case in cases.items()
    ],
)
def test_who_holds_the_badge(place: Place, example: str, badges: int, happenings: list[Event]) -> None:
    place.configure(example, place.one)
    place.happen(happenings)
    held = Badge.objects.filter(template=place.one, learner__username="ada", status=Badge.Status.AWARDED)
    assert held.count() == badges
    assert LearningEvent.objects.exclude(processed_at=None).filter(error="").count() == len(happenings)


def test_every_file_is_tried_by_who_earns_its_badge_and_by_who_does_not() -> None:
    assert sorted(CASES) == FILES
    assert [name for name, cases in CASES.items() if len({badges > 0 for badges, _ in cases.values()}) < 2] == []


@pytest.mark.parametrize("example", FILES)
def test_a_file_survives_being_exported(place: Place, example: str) -> None:
    assert place.configure(example, place.one) != []
    exported = rules_file.write(configuring.export())
    assert configuring.apply(rules_file.read(exported)) == []
    assert place.configure(example, place.one) == []
    moved = exported.replace(place.one.external_id, place.another.external_id)
    assert configuring.apply(rules_file.read(moved)) != []
    assert place.configure(example, place.another) == []


@pytest.mark.parametrize("example", FILES)
def test_a_file_configures_one_template_whose_id_is_to_be_put_in(example: str) -> None:
    (template,) = yaml.safe_load((FOLDER / f"{example}.yaml").read_text(encoding="utf-8"))["templates"]
    told = {key: template[key] for key in ("provider", "external_id", "active")}
    assert told == {"provider": "credly", "external_id": "REPLACE-WITH-THE-TEMPLATE-ID", "active": True}


def test_the_table_says_of_each_file_what_its_first_comment_says() -> None:
    rows = re.findall(r"^\| \[(\w+)\]\((\w+)\.yaml\) \| (.+) \|$", (FOLDER / "README.md").read_text(), re.MULTILINE)
    assert sorted(name for name, _, _ in rows) == FILES
    for name, link, says in rows:
        comment = re.match(r"(?:# .+\n)+", (FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))
        assert comment is not None
        assert (link, says) == (name, " ".join(line[2:] for line in comment[0].splitlines()))
