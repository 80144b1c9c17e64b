"""Somebody applies for a badge by the API, with evidence."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest

from providers.badgekit.models import Application, Badge, BadgeInstance, Evidence, WebhookCall
from tests.providers.badgekit.api import ADA, Caller
from tests.providers.badgekit.applications import APPLICATIONS, LINK, WORDS, apply, wrong

pytestmark = pytest.mark.once

FORM = "application/x-www-form-urlencoded"


class TestCreating:
    def test_an_application_and_its_evidence(self, api: Caller, context: str) -> None:
        path = f"{context}/badges/coder/applications"
        sent = {
            "learner": "Ada@Example.com",
            "assignedTo": "eve@example.com",
            "assignedExpiration": "2030-01-02T03:04:05Z",
            "evidence": [LINK, {"reflection": "And I thought."}, {}],
            "processed": "2024-01-01",
            "slug": "mine",
            "nonsense": [1],
        }
        response = api.ask("POST", path, sent)
        told = response.json()
        row = Application.objects.get()
        badge = told["application"].pop("badge")
        assert (response.status_code, told) == (
            201,
            {
                "status": "created",
                "application": {
                    "id": row.pk,
                    "slug": row.slug,
                    "learner": "Ada@Example.com",
                    "created": told["application"]["created"],
                    "assignedTo": "eve@example.com",
                    "assignedExpiration": "2030-01-02T03:04:05.000Z",
                    "processed": None,
                    "evidence": [LINK, WORDS, {"url": None, "mediaType": None, "reflection": None}],
                },
            },
        )
        assert len(row.slug) == 32
        assert set(row.slug) <= set("0123456789abcdef")
        assert (badge["slug"], badge["criteria"]) == ("coder", [])
        assert not {"system", "issuer", "program", "imageUrl"} & badge.keys()
        assert response["Location"] == f"{path}/{row.slug}"
        assert api.get(response["Location"])[1]["application"]["slug"] == row.slug

    def test_the_least_is_a_learner(self, api: Caller) -> None:
        status, told = api.post(APPLICATIONS, {"learner": ADA})
        assert (status, told["application"]["evidence"]) == (201, [])
        assert told["application"]["assignedTo"] is None
        assert abs(datetime.now(UTC) - Application.objects.get().created) < timedelta(minutes=1)

    def test_nobody_is_given_or_told_anything(self, api: Caller) -> None:
        api.post(APPLICATIONS, {"learner": ADA})
        assert not BadgeInstance.objects.exists()
        assert not WebhookCall.objects.exists()

    def test_a_learner_may_apply_again(self, api: Caller) -> None:
        assert api.post(APPLICATIONS, {"learner": ADA})[0] == api.post(APPLICATIONS, {"learner": ADA})[0] == 201
        assert Application.objects.count() == 2

    @pytest.mark.parametrize("kind", ["urlencoded", "multipart"])
    def test_forms_send_evidence_as_json(self, api: Caller, kind: str) -> None:
        fields = {"learner": ADA, "evidence": json.dumps([LINK, {"reflection": "Émilie 🎓"}])}
        if kind == "multipart":
            status, told = api.upload("POST", APPLICATIONS, fields)
        else:
            body = f"learner={quote(ADA)}&evidence={quote(fields['evidence'])}".encode()
            status, told = api.call("POST", APPLICATIONS, body, content_type=FORM)
        assert status == 201
        assert [each["reflection"] for each in told["application"]["evidence"]] == ["I wrote it.", "Émilie 🎓"]

    @pytest.mark.parametrize(
        ("sent", "told"),
        [
            ({}, wrong("learner", "")),
            ({"learner": None}, wrong("learner", "")),
            ({"learner": "ada"}, wrong("learner", "ada", "Invalid email")),
            ({"learner": ""}, wrong("learner", "", "Invalid email")),
            ({"learner": f"ada@{'x' * 250}.com"}, wrong("learner", f"ada@{'x' * 250}.com", "Invalid email")),
            ({"learner": ADA, "assignedTo": 7}, wrong("assignedTo", 7, "Invalid email")),
            ({"learner": ADA, "assignedExpiration": "soon"}, wrong("assignedExpiration", "soon", "Invalid date")),
            (
                {"learner": ADA, "evidence": [LINK, {"url": "no address", "reflection": "x"}]},
                wrong("evidence", "no address", "Invalid URL"),
            ),
            (
                {"learner": ADA, "evidence": [{"mediaType": "film"}]},
                wrong("evidence", "film", "Unexpected value or invalid argument"),
            ),
            (
                {"learner": ADA, "evidence": [{"reflection": ["x"]}]},
                wrong("evidence", ["x"], "String is not in range"),
            ),
        ],
    )
    def test_what_is_wrong_is_told(self, api: Caller, context: str, sent: object, told: dict[str, Any]) -> None:
        assert api.post(f"{context}/badges/coder/applications", sent) == (400, told)
        assert not Application.objects.exists()

    def test_everything_wrong_is_told_at_once(self, api: Caller) -> None:
        status, told = api.post(APPLICATIONS, {"assignedTo": "x", "evidence": 7})
        assert status == 400
        assert [each["field"] for each in told["details"]] == ["learner", "assignedTo", "evidence"]

    @pytest.mark.parametrize(
        "evidence",
        [
            7,
            True,
            {},
            LINK,
            "",
            "text",
            "{}",
            '["x"]',
            "[" * 100_000,
            [[]],
            [[[[LINK]]]],
            [None],
            ["https://ada.example"],
            [{}] * 101,
            [{"url": {}}],
            [{"mediaType": ["link"]}],
            '[{"reflection": NaN}]',
            [{"reflection": "\0"}],
            [{"reflection": "\ud800"}],
            [{"reflection": "x" * 1_000_000}],
            [{"url": "http://example.com/" + "x" * 3_000}],
            [{"id": "x"}],
            [{"id": 0}],
            [{"id": 10**30}],
        ],
        ids=lambda value: str(value)[:20],
    )
    def test_evidence_of_a_wrong_shape_is_named(self, api: Caller, evidence: object) -> None:
        status, told = api.post(APPLICATIONS, {"learner": ADA, "evidence": evidence})
        assert (status, {each["field"] for each in told["details"]}) == (400, {"evidence"})
        apply("one")
        assert api.put(f"{APPLICATIONS}/one", {"evidence": evidence})[0] == 400
        assert Application.objects.count() == 1
        assert Evidence.objects.count() == 2

    @pytest.mark.parametrize("evidence", [None, [], "[]", "null"])
    def test_no_evidence_has_several_forms(self, api: Caller, evidence: object) -> None:
        assert api.post(APPLICATIONS, {"learner": ADA, "evidence": evidence})[1]["application"]["evidence"] == []

    def test_a_hundred_things_are_evidence(self, api: Caller) -> None:
        sent = [{"reflection": "ж" * 1_000}] * 100
        status, told = api.post(APPLICATIONS, {"learner": ADA, "evidence": sent})
        assert (status, len(told["application"]["evidence"])) == (201, 100)

    def test_evidence_with_the_id_of_another_application_leaves_that_one_alone(self, api: Caller) -> None:
        theirs = apply("theirs").evidence.get(media_type="link")
        status, told = api.post(
            APPLICATIONS, {"learner": ADA, "evidence": [{"id": theirs.pk, "reflection": "mine now"}]}
        )
        assert (status, told["application"]["evidence"]) == (201, [{**WORDS, "reflection": "mine now"}])
        theirs.refresh_from_db()
        assert (theirs.application.slug, theirs.reflection) == ("theirs", "I wrote it.")

    def test_the_location_is_written_as_addresses_are(self, api: Caller) -> None:
        Badge.objects.filter(slug="reader").update(slug="lé\nser", slug_key="le\nser")
        response = api.ask("POST", "/systems/city/badges/l%C3%A9%0Aser/applications//", {"learner": ADA})
        slug = Application.objects.get().slug
        assert response["Location"] == f"/systems/city/badges/l%C3%A9%0Aser/applications/{slug}"
        assert api.get(response["Location"])[0] == 200

    @pytest.mark.parametrize("body", [b"", b"[]", b"7", b'"x"', b"null"])
    def test_a_body_without_fields_lacks_the_learner(self, api: Caller, body: bytes) -> None:
        assert api.call("POST", APPLICATIONS, body) == (400, wrong("learner", ""))
