"""A file fills the store wholly, or leaves it as it was."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from providers.badgekit.management.commands.load_badgekit import HELP
from providers.badgekit.models import (
    Badge,
    BadgeInstance,
    Claim,
    ClaimCode,
    Consumer,
    Evidence,
    Issuer,
    Milestone,
    Program,
    ReviewItem,
    System,
    Webhook,
)

pytestmark = pytest.mark.django_db
Write = Callable[[object], str]
SMALL_STORE = Path(__file__).with_name("small_store.json")


def document() -> dict[str, Any]:
    """A small store in the file's form, to be changed by who asks for it."""
    content: dict[str, Any] = json.loads(SMALL_STORE.read_text(encoding="utf-8"))
    return content


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Puts a document into a file and gives the file's name."""

    def write(content: object) -> str:
        path = tmp_path / "store.json"
        path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
        return str(path)

    return write


def load(file: str, *options: str) -> str:
    out = StringIO()
    call_command("load_badgekit", file, *options, stdout=out)
    return out.getvalue()


def test_the_store_is_filled_with_the_ids_of_the_file(write: Write) -> None:
    load(write(document()))
    badge = Badge.objects.get(pk=15)
    assert (badge.slug, badge.limit, badge.unique, badge.evidence_type) == ("reader", 5, True, None)
    assert (badge.system.slug, badge.image and badge.image.url) == ("city", "https://x.example/pic.png")
    assert badge.created == datetime(2024, 5, 21, 19, 22, 9, tzinfo=UTC)
    assert badge.program == Program.objects.get(pk=13)
    assert Program.objects.get(pk=14).issuer is None
    assert ClaimCode.objects.get(pk=18).email is None
    held = BadgeInstance.objects.get(pk=19)
    assert held.claim_code == ClaimCode.objects.get(pk=17)
    assert held.issued_on == datetime(2024, 6, 1, 8, tzinfo=UTC)
    assert held.expires is None
    assert [tag.value for tag in badge.tags.all()] == ["paper"]
    assert [each.description for each in badge.criteria.all()] == ["Read ten books."]
    assert Consumer.objects.get(api_key="k").api_secret == "s"
    assert Webhook.objects.get().secret == "h"
    assert ReviewItem.objects.get().criterion == badge.criteria.get()
    assert Evidence.objects.get().application.badge == badge
    assert list(Milestone.objects.get(pk=7).support_badges.all()) == [badge]


def test_a_parent_may_be_named_by_its_slug_and_a_time_be_now(write: Write) -> None:
    load(write(document()))
    writer = Badge.objects.get(slug="writer")
    assert writer.system_id == 11
    assert abs((timezone.now() - writer.created).total_seconds()) < 60


def test_what_was_loaded_and_left_out_is_told(write: Write) -> None:
    loaded, left_out = load(write(document())).splitlines()
    assert loaded.startswith("loaded: 1 images, 1 systems, 1 consumers, 1 webhooks, 1 issuers, 2 programs, 2 badges")
    assert loaded.endswith(
        "2 claimCodes, 1 badgeInstances, 1 applications, 1 evidence, 1 reviews, 1 reviewItems, "
        "1 milestones, 1 milestoneBadges"
    )
    assert left_out == "left out: 1 somethingElse"


def test_loading_again_replaces_the_store(write: Write) -> None:
    load(write(document()))
    load(write({"format": "badgekit-fixture/1", "systems": [{"id": 1, "slug": "village", "name": "The Village"}]}))
    assert [system.slug for system in System.objects.all()] == ["village"]
    assert not Badge.objects.exists()


def test_append_adds_and_new_ids_follow(write: Write) -> None:
    load(write(document()))
    load(write({"format": "badgekit-fixture/1", "systems": [{"id": 90, "slug": "village", "name": "V"}]}), "--append")
    assert System.objects.count() == 2
    assert System.objects.create(slug="third", name="Third").pk > 90


def test_codes_reserved_for_learners_are_never_replaced(write: Write) -> None:
    load(write(document()))
    ClaimCode.objects.filter(pk=18).update(reservation="6f1c1b62-0000-4000-8000-00000000000a")
    with pytest.raises(CommandError, match=r"1 code\(s\), claims or badges of learners.*--append.*Nothing was changed"):
        load(write(document()))
    assert BadgeInstance.objects.exists()
    load(write({"format": "badgekit-fixture/1", "systems": [{"id": 90, "slug": "village", "name": "V"}]}), "--append")


def test_claims_under_review_are_never_replaced(write: Write) -> None:
    load(write(document()))
    code = ClaimCode.objects.select_related("badge").get(pk=18)
    told = {"state": Claim.State.RETURNED, "email": "sam@example.net", "open_for": "sam@example.net"}
    Claim.objects.create(code=code, badge=code.badge, **told)
    with pytest.raises(CommandError, match=r"1 code\(s\), claims or badges of learners"):
        load(write(document()))
    assert Claim.objects.exists()


def change(section: str, number: int, **values: object) -> dict[str, Any]:
    changed = document()
    changed[section][number - 1].update(values)
    return changed


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("{", "not JSON"),
        ("[]", "badgekit-fixture/1"),
        ({"format": "badgekit-fixture/2"}, "badgekit-fixture/1"),
        ({"format": "badgekit-fixture/1", "badges": {}}, "badges is not a list"),
        ({"format": "badgekit-fixture/1", "badges": [1]}, "badges, row 1"),
        (change("systems", 1, id="x"), "systems, row 1: it has no id"),
        (change("systems", 1, imageId=9), "systems, row 1: image: .*9 is not a valid choice"),
        (change("badges", 2, slug=None), "badges, row 2: slug: .*blank"),
        (change("badges", 2, slug="reader"), "badges, row 2: slug: .*exists"),
        (change("badges", 2, id=15), "badges, row 2: id: .*exists"),
        (change("badges", 2, system="atlantis"), "badges, row 2: 0 rows are called system 'atlantis'"),
        (change("badges", 2, created="soon"), "badges, row 2: created is not a time: 'soon'"),
        (change("claimCodes", 2, badgeId=99), "claimCodes, row 2: badge: .*99 is not a valid choice"),
        (change("badgeInstances", 1, badgeId="x"), "badgeInstances, row 1: it holds a value that cannot be stored"),
        (change("claimCodes", 2, code="once"), "claimCodes, row 2: .*exists"),
        (change("claimCodes", 2, claimed="banana"), "claimCodes, row 2: claimed: "),
        (change("claimCodes", 2, code="x" * 256), "claimCodes, row 2: code: .*255"),
        (change("badgeInstances", 1, claimCode="nope"), "badgeInstances, row 1: its badge has no claim code 'nope'"),
    ],
)
def test_a_wrong_file_is_refused_with_its_place_and_changes_nothing(write: Write, content: object, reason: str) -> None:
    System.objects.create(slug="here-before", name="Here before")
    with pytest.raises(CommandError, match=reason):
        load(write(content))
    assert [system.slug for system in System.objects.all()] == ["here-before"]
    assert not Issuer.objects.exists()


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"nowhere\.json cannot be read"):
        load(str(tmp_path / "nowhere.json"))


def test_the_example_in_the_help_can_be_loaded(write: Write) -> None:
    example = HELP[HELP.index("{") : HELP.rindex("}") + 1]
    load(write(example))
    image = ClaimCode.objects.get().badge.image
    assert image is not None
    assert image.url == "https://example.org/badge.png"
