"""Applications by the API: changed with their evidence, each time wholly, also at the same moment."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart

from providers.badgekit.models import Application, Evidence
from tests.providers.badgekit.api import Caller, at_once
from tests.providers.badgekit.applications import APPLICATIONS, CREATED, LINK, WORDS, apply, wrong


class TestChanging:
    @pytest.mark.parametrize(
        ("sent", "column", "value"),
        [
            ({"learner": "bob@example.com"}, "learner", "bob@example.com"),
            ({"assignedTo": "bob@example.com"}, "assigned_to", "bob@example.com"),
            ({"assignedTo": None}, "assigned_to", None),
            ({"assignedExpiration": 1_716_319_329}, "assigned_expiration", CREATED),
            ({"assignedExpiration": None}, "assigned_expiration", None),
            ({"processed": "2024-05-21T19:22:09.000Z"}, "processed", CREATED),
            ({"processed": 1_716_319_329_000}, "processed", CREATED),
            ({"processed": None}, "processed", None),
            ({"slug": "other", "id": 7, "created": "2020-01-01", "badgeId": 1, "badge": {}}, "slug", "one"),
            ({}, "slug", "one"),
        ],
    )
    def test_only_what_is_sent_changes(
        self, api: Caller, context: str, sent: dict[str, Any], column: str, value: object
    ) -> None:
        old = CREATED - timedelta(days=1)
        row = apply("one", assigned_to="eve@example.com", assigned_expiration=old, processed=old)
        before = Application.objects.values().get()
        status, told = api.put(f"{context}/badges/coder/applications/one", sent)
        assert (status, told["status"], told["application"]["slug"]) == (200, "updated", "one")
        assert told["application"]["evidence"] == [LINK, WORDS]
        assert (told["application"]["badge"]["slug"], told["application"]["badge"]["criteria"]) == ("coder", [])
        assert Application.objects.values().get() == {**before, column: value}
        shown = api.get(f"{APPLICATIONS}/one")[1]["application"]
        assert told["application"] == {**shown, "badge": told["application"]["badge"]}
        assert row.evidence.count() == 2

    @pytest.mark.parametrize("evidence", [[], None, "[]"])
    def test_a_list_of_evidence_takes_the_place_of_the_old_one(self, api: Caller, evidence: object) -> None:
        apply("one")
        assert api.put(f"{APPLICATIONS}/one", {"evidence": evidence})[1]["application"]["evidence"] == []
        told = api.put(f"{APPLICATIONS}/one", {"evidence": [{"url": "ada.example"}]})[1]["application"]
        assert told["evidence"] == [{"url": "ada.example", "mediaType": None, "reflection": None}]
        assert Evidence.objects.count() == 1

    def test_evidence_of_its_own_is_changed_in_place(self, api: Caller) -> None:
        row = apply("one")
        link, words = row.evidence.all()
        sent = [{"reflection": "New."}, {"id": link.pk, "reflection": None}, {"id": link.pk, "url": "ada.example"}]
        told = api.put(f"{APPLICATIONS}/one", {"evidence": sent})[1]["application"]["evidence"]
        assert told == [
            {**LINK, "reflection": None},
            {"url": None, "mediaType": None, "reflection": "New."},
            {"url": "ada.example", "mediaType": None, "reflection": None},
        ]
        assert row.evidence.first() == link
        assert not Evidence.objects.filter(pk=words.pk).exists()

    def test_evidence_of_another_application_is_never_changed(self, api: Caller) -> None:
        apply("one")
        theirs = list(apply("theirs").evidence.values())
        sent = [{"id": each["id"], "reflection": "mine now"} for each in theirs]
        told = api.put(f"{APPLICATIONS}/one", {"evidence": sent})[1]["application"]
        assert [each["reflection"] for each in told["evidence"]] == ["mine now", "mine now"]
        assert list(Evidence.objects.filter(application__slug="theirs").values()) == theirs

    @pytest.mark.parametrize(
        ("sent", "told"),
        [
            ({"learner": None}, wrong("learner", "")),
            ({"learner": "x"}, wrong("learner", "x", "Invalid email")),
            ({"processed": "true"}, wrong("processed", "true", "Invalid date")),
            ({"processed": 10**40}, wrong("processed", 10**40, "Invalid date")),
            ({"processed": "1969-12-31"}, wrong("processed", "1969-12-31", "Invalid date")),
        ],
    )
    def test_what_is_wrong_is_told_and_changes_nothing(
        self, api: Caller, context: str, sent: dict[str, Any], told: dict[str, Any]
    ) -> None:
        apply("one")
        before = Application.objects.values().get()
        body = {"assignedTo": "bob@example.com", "evidence": [], **sent}
        assert api.put(f"{context}/badges/coder/applications/one", body) == (400, told)
        assert Application.objects.values().get() == before
        assert Evidence.objects.count() == 2

    def test_forms_change_it_too(self, api: Caller) -> None:
        apply("one")
        body = encode_multipart(BOUNDARY, {"processed": "2024-05-21T19:22:09Z", "evidence": json.dumps([LINK])})
        status, told = api.call("PUT", f"{APPLICATIONS}/one", body, content_type=MULTIPART_CONTENT)
        assert (status, told["application"]["processed"]) == (200, "2024-05-21T19:22:09.000Z")
        assert told["application"]["evidence"] == [LINK]


@pytest.mark.django_db(transaction=True)
class TestRaces:
    """Two calls at the same moment; each is a whole."""

    def test_two_changes_leave_the_evidence_of_one(self, committed: Caller) -> None:
        apply("one")
        sets = [[{"reflection": f"{letter}{number}"} for number in range(20)] for letter in "abcd"]
        bodies = [{"evidence": each, "assignedTo": f"{each[0]['reflection']}@example.com"} for each in sets]
        answers = at_once([("PUT", f"{APPLICATIONS}/one", body) for body in bodies])
        assert {status for status, _ in answers} == {200}
        told = committed.get(f"{APPLICATIONS}/one")[1]["application"]
        found = [each["reflection"] for each in told["evidence"]]
        assert [{"reflection": each} for each in found] in sets
        assert told["assignedTo"] == f"{found[0]}@example.com"

    @pytest.mark.usefixtures("committed")
    def test_of_several_deletions_one_is_told_of(self) -> None:
        apply("one")
        answers = at_once([("DELETE", f"{APPLICATIONS}/one", None)] * 4)
        assert sorted(status for status, _ in answers) == [200, 404, 404, 404]
        assert not Evidence.objects.exists()
