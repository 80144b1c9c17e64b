"""Badges by the API: changed and deleted in every context, also by many at once."""

from collections import Counter
from typing import Any

import pytest

from providers.badgekit.models import (
    Application,
    Badge,
    BadgeInstance,
    Criterion,
    Image,
    Milestone,
    MilestoneBadge,
    Review,
    ReviewItem,
)
from tests.providers.badgekit.api import CODER, PNG, Caller, at_once, make
from tests.providers.badgekit.badges import IMAGE, LEAST, LISTS, NEW, slugs, without_ids, wrong


class TestChanging:
    def test_only_what_is_sent_changes(self, api: Caller, context: str) -> None:
        path = f"{context}/badges/coder"
        before = api.put(path, LISTS)[1]["badge"]
        odd = {"id": 99, "systemId": 99, "created": "1999-01-01", "nonsense": [], "milestones": [1]}
        status, told = api.put(path, {"name": "Hacker", "archived": "true", **odd})
        assert (status, told) == (200, {"status": "updated", "badge": {**before, "name": "Hacker", "archived": True}})
        assert api.get(path)[1] == {"badge": told["badge"]}
        assert api.put(path) == (200, told)

    def test_null_clears_what_need_not_be_there(self, api: Caller) -> None:
        assert api.put(CODER, {**NEW, **LISTS, "slug": "coder"})[0] == 200
        optional = ("strapline", "issuerUrl", "rubricUrl", "timeValue", "timeUnits", "evidenceType", "limit")
        status, told = api.put(CODER, dict.fromkeys((*optional, "image", *LISTS)))
        assert (status, {told["badge"][name] for name in optional}, "imageUrl" in told["badge"]) == (200, {None}, False)
        assert not any(without_ids(told["badge"]).values())
        needed = {*LEAST, "slug", "archived"}
        assert wrong(api.put(CODER, dict.fromkeys(needed))).keys() == needed

    def test_all_that_was_got_can_be_sent_back(self, api: Caller) -> None:
        image = Image.objects.create(slug="old", mimetype="image/png", data=PNG)
        Badge.objects.filter(slug="coder").update(criteria_url="", evidence_type="", image=image)
        before = api.put(CODER, LISTS)[1]["badge"]
        status, told = api.put(CODER, {**before, "name": "Hacker"})
        assert (status, told["badge"]) == (200, {**before, "name": "Hacker"})
        assert Badge.objects.get(slug="coder").image == image

    def test_a_list_replaces_and_what_has_an_id_is_changed_in_place(self, api: Caller) -> None:
        coder, reader = Badge.objects.get(slug="coder"), Badge.objects.get(slug="reader")
        first, foreign = Criterion.objects.get(), Criterion.objects.create(badge=reader, description="Read.")
        second = Criterion.objects.create(badge=coder, description="Second.")
        application = Application.objects.create(slug="app", badge=coder, learner="ada@example.com")
        review = Review.objects.create(slug="r", application=application, author="eve@example.com")
        items = [ReviewItem.objects.create(review=review, criterion=each) for each in (first, second)]
        sent = [
            {"id": first.pk, "description": "Write two."},
            {"id": foreign.pk, "description": "Read code."},
            {"id": first.pk, "description": "Again."},
        ]
        told = api.put(CODER, {"criteria": sent})[1]["badge"]["criteria"]
        assert told[0] == {"id": first.pk, "description": "Write two.", "required": 1, "note": "Any language."}
        assert [each["description"] for each in told[1:]] == ["Read code.", "Again."]
        assert foreign.pk not in [each["id"] for each in told]
        assert Criterion.objects.get(pk=foreign.pk).badge == reader
        assert [ReviewItem.objects.get(pk=each.pk).criterion for each in items] == [first, None]
        told = api.put(CODER, {"criteria": [{"id": str(first.pk), "required": 0, "note": None}]})[1]["badge"][
            "criteria"
        ]
        assert told == [{"id": first.pk, "description": "Write two.", "required": 0, "note": ""}]
        assert api.put(CODER, {"criteria": []})[1]["badge"]["criteria"] == []

    def test_the_slug_can_change_but_not_to_anothers(self, api: Caller) -> None:
        status, told = api.put(CODER, {"slug": "FARMER", "name": "Lost", **IMAGE, "tags": ["x"]})
        coder = Badge.objects.get(slug="coder")
        assert (status, coder.name, coder.tags.count()) == (409, "Coder", 0)
        ids = {"systemId": coder.system_id, "issuerId": coder.issuer_id, "programId": coder.program_id}
        assert told["details"].items() >= {"slug": "FARMER", "name": "Lost", **ids}.items()
        assert api.put(CODER, {"slug": "Coder"})[1]["badge"]["slug"] == "Coder"
        assert api.put(CODER, {"slug": "hacker"})[0] == 200
        assert (api.get(CODER)[0], api.get("/systems/city/badges/hacker")[0]) == (404, 200)


class TestDeleting:
    def test_it_is_gone_with_its_milestones_and_what_it_gave_stays(self, api: Caller, context: str) -> None:
        path = f"{context}/badges/coder"
        coder, reader = Badge.objects.get(slug="coder"), Badge.objects.get(slug="reader")
        make("abc")
        BadgeInstance.objects.create(slug="held", badge=coder, email="ada@example.com")
        Application.objects.create(slug="app", badge=coder, learner="ada@example.com")
        gives, counts = (
            Milestone.objects.create(system=coder.system, primary_badge=badge, number_required=1)
            for badge in (coder, reader)
        )
        gives.support_badges.add(reader)
        counts.support_badges.add(coder, reader)
        shown = api.get(path)[1]["badge"]
        around = ("imageUrl", "system", "issuer", "program")
        bare = {name: value for name, value in shown.items() if name not in around}
        bare |= {name: [] for name in ("milestones", *LISTS)}
        assert api.delete(path) == (200, {"status": "deleted", "badge": bare})
        assert "coder" not in slugs(api.get("/systems/city/badges?archived=any"))
        for method in ("GET", "PUT", "DELETE"):
            assert api.call(method, path, {} if method == "PUT" else None)[0] == 404
        assert list(Milestone.objects.all()) == [counts]
        assert [each.badge for each in MilestoneBadge.objects.all()] == [reader]
        assert (coder.claim_codes.count(), coder.instances.count(), coder.applications.count()) == (1, 1, 1)
        assert api.post(f"{context}/badges", {**NEW, **IMAGE, "slug": "coder"})[0] == 201


class TestRacing:
    """Threads that begin together, on whichever database the tests run."""

    pytestmark = pytest.mark.django_db(transaction=True)

    def race(self, calls: list[tuple[str, str, Any]]) -> Counter[int]:
        """Make all calls at once; returns how often each status came."""
        return Counter(status for status, _ in at_once(calls))

    def test_one_of_many_gets_the_slug(self, committed: Caller) -> None:
        body = {**NEW, **IMAGE, **LISTS}
        assert self.race([("POST", "/systems/city/badges", body)] * 8) == {201: 1, 409: 7}
        assert without_ids(committed.get("/systems/city/badges/sailor")[1]["badge"])["categories"] == ["sea", "wind"]
        assert Image.objects.count() == 2

    def test_one_list_of_many_stays(self, committed: Caller) -> None:
        sent = [[f"{letter}{number}" for number in range(5)] for letter in "abcdefgh"]
        lists = [{"categories": each, "criteria": [{"description": word} for word in each]} for each in sent]
        assert self.race([("PUT", CODER, each) for each in lists]) == {200: 8}
        told = without_ids(committed.get(CODER)[1]["badge"])
        assert told["categories"] in sent
        assert [each["description"] for each in told["criteria"]] == told["categories"]

    def test_what_is_deleted_is_not_changed_back(self, committed: Caller) -> None:
        calls = [("PUT", CODER, {"slug": "coder", "name": f"C{number}"}) for number in range(4)]
        statuses = self.race([*calls, ("DELETE", CODER, None), ("DELETE", CODER, None)])
        assert statuses[200] + statuses[404] == 6
        assert statuses[404] >= 1
        assert committed.get(CODER)[0] == 404
