"""What is given here is told as Open Badges 2.0, true to the rows, the same each time, and without an address."""

import json
import re
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from credentials_badges.badges.models import Badge, BadgeTemplate, Learner
from credentials_badges.openbadges import documents
from providers.badgekit.models import Alignment, BadgeInstance, Issuer, Program, System
from providers.badgekit.models import Badge as Stored
from tests.openbadges.conftest import GIVEN
from tests.providers.badgekit.api import hold, make

HERE = "https://badges.example"


def read(address: str, status: int = 200, **told: Any) -> dict[str, Any]:
    """The document at the whole address that another document tells."""
    answer = Client().get(address.removeprefix(HERE), **told)
    assert answer.status_code == status
    read_: dict[str, Any] = answer.json()
    return read_


def of(badge: Badge) -> str:
    return f"{HERE}/ob/v2/assertions/{badge.uuid}"


class TestAssertion:
    def test_it_tells_who_holds_which_badge_since_when(self, badge: Badge) -> None:
        told = read(of(badge))
        assert told == {
            "@context": "https://w3id.org/openbadges/v2",
            "type": "Assertion",
            "id": of(badge),
            "recipient": told["recipient"],
            "badge": f"{HERE}/ob/v2/badges/{badge.template.uuid}",
            "verification": {"type": "HostedBadge"},
            "issuedOn": "2026-03-01T12:00:00+00:00",
        }

    def test_the_address_is_hashed_in_small_letters_with_a_salt_of_the_badges_own(self, badge: Badge) -> None:
        told = read(of(badge))["recipient"]
        assert (told["type"], told["hashed"]) == ("email", True)
        digest = sha256(("ada@example.com" + told["salt"]).encode()).hexdigest()
        assert told["identity"] == f"sha256${digest}"

    def test_it_is_the_same_each_time_whatever_key_or_address_there_is_now(self, badge: Badge, settings: Any) -> None:
        first = read(of(badge))
        settings.SECRET_KEY, settings.FIELD_ENCRYPTION_KEYS = "another", ["another"]
        Learner.objects.update(email="ada@married.example")
        assert read(of(badge)) == first
        other = Badge(uuid=badge.template.uuid)
        assert documents.recipient(other, "ada@example.com")["salt"] != first["recipient"]["salt"]

    def test_it_says_the_same_as_badgekits_own_assertion(self, badge: Badge) -> None:
        until = datetime(2099, 1, 1, tzinfo=UTC)
        BadgeInstance.objects.update(expires=until)
        ours, theirs = read(of(badge)), Client().get("/public/assertions/held").json()
        assert datetime.fromisoformat(ours["issuedOn"]).timestamp() == theirs["issuedOn"]
        assert datetime.fromisoformat(ours["expires"]).timestamp() == theirs["expires"] == until.timestamp()
        ours, theirs = read(ours["badge"]), Client().get(theirs["badge"].partition("testserver")[2]).json()
        for name in ("name", "description", "image"):
            assert ours[name] == theirs[name]
        assert ours["criteria"]["id"] == theirs["criteria"]
        ours, theirs = read(ours["issuer"]), Client().get(theirs["issuer"].partition("testserver")[2]).json()
        for name in ("name", "description", "email", "url"):
            assert ours[name] == theirs[name]

    def test_a_badge_that_was_claimed_by_a_code_of_its_own_is_found_by_it(self, badge: Badge) -> None:
        code = make("for-ada", reservation="key", recipient_id=str(badge.learner.uuid), claimed=True)
        BadgeInstance.objects.update(claim_code=code)
        Badge.objects.update(external_id="for-ada")
        assert read(of(badge))["issuedOn"] == GIVEN.isoformat()

    @pytest.mark.parametrize("side", ["status", "external_state"])
    def test_one_that_was_taken_back_is_gone_and_does_not_say_why(self, badge: Badge, side: str) -> None:
        Badge.objects.update(**{side: "revoked"}, revoked_at=timezone.now(), revoke_reason="Copied it")
        assert read(of(badge), 410) == {
            "@context": "https://w3id.org/openbadges/v2",
            "type": "Assertion",
            "id": of(badge),
            "revoked": True,
        }

    def test_one_of_a_learner_who_is_retired_is_gone(self, badge: Badge) -> None:
        Learner.objects.update(retired_at=timezone.now())
        assert read(of(badge), 410)["revoked"] is True

    def test_one_that_waits_for_its_learner_is_not_there_yet(self, badge: Badge) -> None:
        BadgeInstance.objects.all().delete()
        Badge.objects.update(external_state="pending")
        assert read(of(badge), 404) == {"error": "whoever earned the badge has not accepted it yet"}

    def test_what_another_holds_is_not_taken_for_it(self, badge: Badge) -> None:
        BadgeInstance.objects.all().delete()
        hold("bob@example.com", badge="reader", slug="held")
        assert "error" in read(of(badge), 404)

    def test_a_badge_of_another_provider_has_none_here(self, badge: Badge) -> None:
        BadgeTemplate.objects.update(is_active=True)
        type(badge.account).objects.update(provider="credly")
        assert "error" in read(of(badge), 404)
        assert "error" in read(f"{HERE}/ob/v2/badges/{badge.template.uuid}", 404)
        assert "error" in read(f"{HERE}/ob/v2/issuers/credly/system-1", 404)


class TestClassAndIssuer:
    def test_the_class_tells_what_it_stands_for(self, badge: Badge) -> None:
        standard = {"name": "A standard", "url": "https://x.example/a", "description": "D"}
        Alignment.objects.create(badge=Stored.objects.get(slug="coder"), **standard)
        told = read(read(of(badge))["badge"])
        assert told["type"] == "BadgeClass"
        assert (told["name"], told["description"], told["tags"]) == ("Coder", "Has done it.", ["Python"])
        assert told["image"] == "https://pictures.example/badge.png"
        narrative = "* Write a program.\n* Show it."
        assert told["criteria"] == {"id": "https://city.example/criteria", "narrative": narrative}
        told_of = {"targetName": "A standard", "targetUrl": "https://x.example/a", "targetDescription": "D"}
        assert told["alignment"] == [told_of]

    def test_a_badge_means_what_it_meant_when_another_has_its_slug_by_now(self, badge: Badge) -> None:
        before = read(read(of(badge))["badge"])
        old = Stored.objects.get(slug="coder")
        Stored.objects.filter(pk=old.pk).update(name="Old coder")
        old.hide()
        make_badge = {"slug": "coder", "name": "New", "system": old.system, "type": "x"}
        Stored.objects.create(**make_badge, consumer_description="Quite another thing.")
        after = read(read(of(badge))["badge"])
        assert after["id"] == f"{before['id']}?meant={old.pk}" == read(of(badge))["badge"]
        for name in ("description", "issuer"):
            assert after[name] == before[name]
        assert after["name"] == "Old coder"
        assert read(before["id"])["description"] == "Quite another thing."
        assert "<bdi>Code Club</bdi>" in Client().get(f"/badges/{badge.uuid}/").text
        for odd in ("x", "0" * 30, "999999", "²"):
            assert Client().get(f"/ob/v2/badges/{badge.template.uuid}?meant={odd}").status_code in {200, 404}

    def test_a_class_that_lacks_something_has_ours_in_its_place(self, badge: Badge) -> None:
        BadgeTemplate.objects.update(image_url="", url="javascript:alert(1)", criteria=[], description="")
        Stored.objects.update(consumer_description="")
        told = read(read(of(badge))["badge"])
        assert told["image"].startswith(f"{HERE}/static/badges/")
        assert told["criteria"] == {"id": f"{HERE}/templates/{badge.template.uuid}/"}
        assert told["description"] == "Coder"

    def test_the_nearest_one_issues_and_those_above_say_what_it_does_not(self, badge: Badge) -> None:
        club = Program.objects.get(slug="club")
        told = read(read(read(of(badge))["badge"])["issuer"])
        assert told == {
            "@context": "https://w3id.org/openbadges/v2",
            "type": "Issuer",
            "id": f"{HERE}/ob/v2/issuers/badgekit/program-{club.pk}",
            "name": "Code Club",
            "url": "https://club.example",
            "email": "city@example.com",
            "description": "A city.",
            "revocationList": f"{HERE}/ob/v2/issuers/badgekit/program-{club.pk}/revocations",
        }

    def test_an_issuer_without_an_address_has_the_services_without_its_name(self, badge: Badge, settings: Any) -> None:
        settings.DEFAULT_FROM_EMAIL = "City Badges <badges@city.example>"
        System.objects.update(email="")
        for model in (Issuer, Program):
            model._default_manager.update(email=None)
        assert read(read(read(of(badge))["badge"])["issuer"])["email"] == "badges@city.example"

    @pytest.mark.parametrize(("kind", "model"), [("system", System), ("issuer", Issuer), ("program", Program)])
    def test_an_issuer_is_there_also_once_it_is_deleted(self, badge: Badge, kind: str, model: Any) -> None:
        row = model.objects.order_by("pk")[0]
        row.hide()
        assert read(f"{HERE}/ob/v2/issuers/badgekit/{kind}-{row.pk}")["name"] == row.name

    @pytest.mark.parametrize("key", ["system-0", "system-x", "badge-1", "system", "system-99999999999999999999", "-"])
    def test_an_issuer_that_is_none_is_not_there(self, badge: Badge, key: str) -> None:
        assert read(f"{HERE}/ob/v2/issuers/badgekit/{key}", 404) == {"error": "there is no such issuer"}
        assert read(f"{HERE}/ob/v2/issuers/badgekit/{key}/revocations", 404) == {"error": "there is no such issuer"}

    def test_what_was_revoked_is_listed_under_names_that_lead_to_no_page(self, badge: Badge) -> None:
        address = read(read(read(of(badge))["badge"])["issuer"])["revocationList"]
        assert len(read(address)["revokedAssertions"]) == 2
        Badge.objects.update(status="revoked")
        told = read(address)
        assert told["type"] == "RevocationList"
        assert told["issuer"] == address.removesuffix("/revocations")
        assert told["revokedAssertions"][2:] == [{"id": documents.signed_id(badge.uuid)}]
        assert str(badge.uuid) not in json.dumps(told)
        library = Issuer.objects.get(slug="library")
        others = read(f"{HERE}/ob/v2/issuers/badgekit/issuer-{library.pk}/revocations")
        assert len(others["revokedAssertions"]) == 2


class TestHowItIsServed:
    @pytest.mark.parametrize("accept", ["", "*/*", "application/ld+json", "application/json, */*;q=0.1", "image/png"])
    def test_software_of_any_site_reads_it(self, badge: Badge, accept: str) -> None:
        answer = Client(headers={"Accept": accept} if accept else {}).get(of(badge).removeprefix(HERE))
        assert answer.status_code == 200
        assert answer["Access-Control-Allow-Origin"] == "*"
        assert answer["Content-Type"] == ("application/json" if "/json" in accept else "application/ld+json")
        assert "Accept" in answer["Vary"]
        assert answer.cookies == {}
        assert answer["Content-Language"] == "en"

    def test_browsers_are_led_to_the_pages(self, badge: Badge) -> None:
        browser = Client(headers={"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"})
        answer = browser.get(of(badge).removeprefix(HERE))
        assert (answer.status_code, answer["Location"]) == (302, f"/badges/{badge.uuid}/")
        answer = browser.get(f"/ob/v2/badges/{badge.template.uuid}")
        assert (answer.status_code, answer["Location"]) == (302, f"/templates/{badge.template.uuid}/")
        answer = browser.get(f"{of(badge).removeprefix(HERE)}?download")
        assert answer["Content-Disposition"] == 'attachment; filename="badge.json"'
        assert answer.json()["id"] == of(badge)

    def test_nobody_shows_an_old_copy_of_an_assertion(self, badge: Badge) -> None:
        path = of(badge).removeprefix(HERE)
        first = Client().get(path)
        assert first["Cache-Control"] == "no-cache"
        assert Client(headers={"If-None-Match": first["ETag"]}).get(path).status_code == 304
        Badge.objects.update(status="revoked")
        again = Client(headers={"If-None-Match": first["ETag"]}).get(path)
        assert (again.status_code, again["Access-Control-Allow-Origin"]) == (410, "*")
        assert Client().get(f"/ob/v2/badges/{badge.template.uuid}")["Cache-Control"] == "public, max-age=3600"

    def test_no_byte_of_any_document_holds_an_address_or_a_name_of_the_learner(self, badge: Badge) -> None:
        club = Program.objects.get(slug="club")
        everything = ""
        paths = (f"assertions/{badge.uuid}", f"badges/{badge.template.uuid}", f"issuers/badgekit/program-{club.pk}")
        for path in paths:
            everything += Client().get(f"/ob/v2/{path}").text
        Badge.objects.update(status="revoked")
        everything += Client().get(of(badge).removeprefix(HERE)).text
        assert re.findall("ada@|Ada@|ada99|Lovelace|new.example", everything) == []
        assert str(badge.learner.uuid) not in everything

    def test_it_costs_as_many_statements_for_forty_badges_as_for_one(self, badge: Badge) -> None:
        def cost() -> int:
            with CaptureQueriesContext(connection) as queries:
                read(of(badge))
                read(read(of(badge))["badge"])
            return len(queries)

        few = cost()
        for number in range(2, 42):
            hold(slug=f"held-{number}", ordinal=number, recipient_id=str(badge.learner.uuid))
            same = {"learner": badge.learner, "template": badge.template, "account": badge.account, "ordinal": number}
            Badge.objects.create(**same, awarded_at=GIVEN, earned_at=GIVEN, external_id=f"held-{number}")
        assert cost() == few
