"""Applications by the API: made, listed, changed and deleted in every context, and never seen through another badge."""

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import Any
from urllib.parse import quote

import pytest
from django.db import connection
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart

from providers.badgekit.models import Application, Badge, BadgeInstance, Evidence, Review, WebhookCall
from tests.providers.badgekit.api import ADA, KEY, MASTER, SECRET, Caller, store

FORM = "application/x-www-form-urlencoded"
CREATED = datetime(2024, 5, 21, 19, 22, 9, tzinfo=UTC)
CODER = "/systems/city/badges/coder/applications"
LINK = {"url": "https://ada.example/engine", "mediaType": "link", "reflection": "I wrote it."}
WORDS = {"url": None, "mediaType": None, "reflection": "And I thought."}


def apply(slug: str, badge: str = "coder", **told: Any) -> Application:
    """An application with two things as evidence."""
    told = {"learner": ADA, "created": CREATED, **told}
    row = Application.objects.create(slug=slug, badge=Badge.objects.get(slug=badge), **told)
    Evidence.objects.create(application=row, url=LINK["url"], media_type="link", reflection=LINK["reflection"])
    Evidence.objects.create(application=row, reflection=WORDS["reflection"])
    return row


def slugs(answer: tuple[int, Any]) -> list[str]:
    """The slugs of the applications that were listed."""
    status, told = answer
    assert status == 200
    return [each["slug"] for each in told["applications"]]


def wrong(field: str, value: object, message: str = "") -> dict[str, Any]:
    """A refusal of one field."""
    detail = {"field": field, "value": value}
    return {
        "code": "ValidationError",
        "message": "Could not validate required fields",
        "details": [{"message": message, **detail} if message else detail],
    }


class TestListing:
    def test_those_of_a_badge_come_with_the_badge_and_their_evidence(self, api: Caller, context: str) -> None:
        row = apply("one", assigned_to="eve@example.com", assigned_expiration=CREATED + timedelta(days=1))
        apply("of-another", badge="reader")
        status, told = api.get(f"{context}/badges/coder/applications")
        badge = told["applications"][0].pop("badge")
        assert (status, told) == (
            200,
            {
                "applications": [
                    {
                        "id": row.pk,
                        "slug": "one",
                        "learner": ADA,
                        "created": "2024-05-21T19:22:09.000Z",
                        "assignedTo": "eve@example.com",
                        "assignedExpiration": "2024-05-22T19:22:09.000Z",
                        "processed": None,
                        "evidence": [LINK, WORDS],
                    }
                ]
            },
        )
        assert (badge["slug"], badge["program"]["slug"], len(badge["criteria"])) == ("coder", "club", 1)

    @pytest.mark.parametrize(
        ("path", "expected"),
        [
            ("/systems/city", ["reading", "shelving", "older", "coding", "newer"]),
            ("/systems/city/issuers/library", ["shelving", "older", "coding", "newer"]),
            ("/systems/city/issuers/library/programs/club", ["older", "coding", "newer"]),
            ("/systems/village", ["farming"]),
        ],
    )
    def test_those_of_a_context_come_by_badge_then_time_then_id(
        self, api: Caller, path: str, expected: list[str]
    ) -> None:
        apply("newer", created=CREATED + timedelta(days=1))
        apply("older", created=CREATED - timedelta(days=1))
        apply("coding")
        apply("farming", badge="farmer")
        apply("shelving", badge="librarian")
        apply("reading", badge="reader")
        told = api.get(f"{path}/applications")
        assert slugs(told) == expected
        assert {each["badge"]["system"]["slug"] for each in told[1]["applications"]} == {path.split("/")[2]}

    def test_equal_times_come_by_id(self, api: Caller) -> None:
        for slug in "zya":
            apply(slug)
        assert slugs(api.get(CODER)) == ["z", "y", "a"]
        assert slugs(api.get(f"{CODER}?page=1&count=2")) == ["z", "y"]

    def test_those_of_deleted_badges_are_not_shown(self, api: Caller, context: str) -> None:
        apply("one")
        Badge.objects.get(slug="coder").hide()
        assert slugs(api.get(f"{context}/applications")) == []
        assert api.get(f"{context}/badges/coder/applications")[0] == 404

    @pytest.mark.parametrize(
        ("query", "expected"),
        [
            ("", ["done", "open"]),
            ("processed=any", ["done", "open"]),
            ("processed=", ["done", "open"]),
            ("processed=true", ["done"]),
            ("processed=1", ["done"]),
            ("processed=false", ["open"]),
            ("processed=0", ["open"]),
            ("email=", ["done", "open"]),
            ("email=ADA%40example.COM", ["open"]),
            ("email=bob@example.com", ["done"]),
            ("email=ad%25", []),
            ("email=ada_example.com", []),
            ("email=ada", []),
            ("email=ada@example.com%00", []),
            ("email=%ED%A0%80", []),
            ("email=" + "a" * 60_000, []),
            ("email=bob@example.com&processed=false", []),
            ("email=bob@example.com&processed=true", ["done"]),
        ],
    )
    def test_filters(self, api: Caller, context: str, query: str, expected: list[str]) -> None:
        apply("done", learner="Bob@Example.com", processed=CREATED, created=CREATED - timedelta(days=1))
        apply("open")
        assert slugs(api.get(f"{context}/applications?{query}")) == expected
        assert slugs(api.get(f"{context}/badges/coder/applications?{query}")) == expected

    @pytest.mark.parametrize("value", ["TRUE", "yes", "2", "null", "%00", "true%20"])
    def test_a_wrong_filter_is_told(self, api: Caller, context: str, value: str) -> None:
        told = {
            "code": "InvalidParameter",
            "parameter": "processed",
            "message": "Invalid `processed` parameter. Expecting one of 'true', 'false' or 'any'.",
        }
        assert api.get(f"{context}/applications?processed={value}") == (400, told)
        assert api.get(f"{context}/badges/coder/applications?processed={value}") == (400, told)

    def test_pages_count_what_the_filters_left(self, api: Caller, context: str) -> None:
        for number in range(5):
            apply(f"done-{number}", processed=CREATED)
            apply(f"open-{number}")
        for path in (f"{context}/applications", f"{context}/badges/coder/applications"):
            told = api.get(f"{path}?processed=true&page=2&count=2")
            assert slugs(told) == ["done-2", "done-3"]
            assert told[1]["pageData"] == {"page": 2, "count": 2, "total": 5}
            assert slugs(api.get(f"{path}?page=9&count=2")) == []

    def test_the_number_of_statements_does_not_grow(
        self, api: Caller, context: str, django_assert_num_queries: Any
    ) -> None:
        organisations = len(context.split("/")) // 2
        for number in range(20):
            apply(f"coding-{number}")
            apply(f"reading-{number}", badge="reader")
        with django_assert_num_queries(organisations + 7):
            assert len(slugs(api.get(f"{context}/applications"))) in {20, 40}
        with django_assert_num_queries(7):
            assert len(slugs(api.get(f"{context}/badges/coder/applications"))) == 20

    @pytest.mark.parametrize(
        ("path", "missing"),
        [
            ("/systems/nope/applications", "system"),
            ("/systems/city/issuers/nope/applications", "issuer"),
            ("/systems/city/issuers/library/programs/nope/applications", "program"),
            ("/systems/city/badges/nope/applications", "badge"),
            ("/systems/city/badges/nope/applications/nope", "badge"),
            ("/systems/city/badges/coder/applications/nope", "application"),
        ],
    )
    def test_what_is_missing_is_named(self, api: Caller, path: str, missing: str) -> None:
        told = {"code": "ResourceNotFound", "message": f"Could not find {missing} field: `slug`, value: `nope`"}
        assert api.get(path) == (404, told)


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
        status, told = api.post(CODER, {"learner": ADA})
        assert (status, told["application"]["evidence"]) == (201, [])
        assert told["application"]["assignedTo"] is None
        assert abs(datetime.now(UTC) - Application.objects.get().created) < timedelta(minutes=1)

    def test_nobody_is_given_or_told_anything(self, api: Caller) -> None:
        api.post(CODER, {"learner": ADA})
        assert not BadgeInstance.objects.exists()
        assert not WebhookCall.objects.exists()

    def test_a_learner_may_apply_again(self, api: Caller) -> None:
        assert api.post(CODER, {"learner": ADA})[0] == api.post(CODER, {"learner": ADA})[0] == 201
        assert Application.objects.count() == 2

    @pytest.mark.parametrize("kind", ["urlencoded", "multipart"])
    def test_forms_send_evidence_as_json(self, api: Caller, kind: str) -> None:
        fields = {"learner": ADA, "evidence": json.dumps([LINK, {"reflection": "Émilie 🎓"}])}
        if kind == "multipart":
            status, told = api.upload("POST", CODER, fields)
        else:
            body = f"learner={quote(ADA)}&evidence={quote(fields['evidence'])}".encode()
            status, told = api.call("POST", CODER, body, content_type=FORM)
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
        status, told = api.post(CODER, {"assignedTo": "x", "evidence": 7})
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
        status, told = api.post(CODER, {"learner": ADA, "evidence": evidence})
        assert (status, {each["field"] for each in told["details"]}) == (400, {"evidence"})
        apply("one")
        assert api.put(f"{CODER}/one", {"evidence": evidence})[0] == 400
        assert Application.objects.count() == 1
        assert Evidence.objects.count() == 2

    @pytest.mark.parametrize("evidence", [None, [], "[]", "null"])
    def test_no_evidence_has_several_forms(self, api: Caller, evidence: object) -> None:
        assert api.post(CODER, {"learner": ADA, "evidence": evidence})[1]["application"]["evidence"] == []

    def test_a_hundred_things_are_evidence(self, api: Caller) -> None:
        sent = [{"reflection": "ж" * 1_000}] * 100
        status, told = api.post(CODER, {"learner": ADA, "evidence": sent})
        assert (status, len(told["application"]["evidence"])) == (201, 100)

    def test_evidence_with_the_id_of_another_application_leaves_that_one_alone(self, api: Caller) -> None:
        theirs = apply("theirs").evidence.get(media_type="link")
        status, told = api.post(CODER, {"learner": ADA, "evidence": [{"id": theirs.pk, "reflection": "mine now"}]})
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
        assert api.call("POST", CODER, body) == (400, wrong("learner", ""))


class TestGetting:
    def test_one_application_with_its_badge(self, api: Caller, context: str) -> None:
        row = apply("one", processed=CREATED)
        status, told = api.get(f"{context}/badges/coder/applications/one")
        badge = told["application"].pop("badge")
        assert (status, told) == (
            200,
            {
                "application": {
                    "id": row.pk,
                    "slug": "one",
                    "learner": ADA,
                    "created": "2024-05-21T19:22:09.000Z",
                    "assignedTo": None,
                    "assignedExpiration": None,
                    "processed": "2024-05-21T19:22:09.000Z",
                    "evidence": [LINK, WORDS],
                }
            },
        )
        assert (badge["slug"], badge["system"]["slug"], len(badge["criteria"])) == ("coder", "city", 1)

    @pytest.mark.parametrize("slug", ["ONE", "%00", "o" * 3_000, "50%25", "%F0%9F%8E%93", "..", "on%C3%A9"])
    def test_an_unknown_one_is_told(self, api: Caller, slug: str) -> None:
        apply("one")
        for method in ("GET", "PUT", "DELETE"):
            status, told = api.call(method, f"{CODER}/{slug}")
            assert (status, told["code"]) == (404, "ResourceNotFound")
            assert told["message"].startswith("Could not find application field: `slug`, value: `")


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
        shown = api.get(f"{CODER}/one")[1]["application"]
        assert told["application"] == {**shown, "badge": told["application"]["badge"]}
        assert row.evidence.count() == 2

    @pytest.mark.parametrize("evidence", [[], None, "[]"])
    def test_a_list_of_evidence_takes_the_place_of_the_old_one(self, api: Caller, evidence: object) -> None:
        apply("one")
        assert api.put(f"{CODER}/one", {"evidence": evidence})[1]["application"]["evidence"] == []
        told = api.put(f"{CODER}/one", {"evidence": [{"url": "ada.example"}]})[1]["application"]
        assert told["evidence"] == [{"url": "ada.example", "mediaType": None, "reflection": None}]
        assert Evidence.objects.count() == 1

    def test_evidence_of_its_own_is_changed_in_place(self, api: Caller) -> None:
        row = apply("one")
        link, words = row.evidence.all()
        sent = [{"reflection": "New."}, {"id": link.pk, "reflection": None}, {"id": link.pk, "url": "ada.example"}]
        told = api.put(f"{CODER}/one", {"evidence": sent})[1]["application"]["evidence"]
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
        told = api.put(f"{CODER}/one", {"evidence": sent})[1]["application"]
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
        status, told = api.call("PUT", f"{CODER}/one", body, content_type=MULTIPART_CONTENT)
        assert (status, told["application"]["processed"]) == (200, "2024-05-21T19:22:09.000Z")
        assert told["application"]["evidence"] == [LINK]


class TestDeleting:
    def test_it_goes_with_its_evidence_and_its_reviews(self, api: Caller, context: str) -> None:
        row = apply("one")
        apply("other")
        Review.objects.create(application=row, slug="first", author="eve@example.com")
        status, told = api.delete(f"{context}/badges/coder/applications/one")
        assert (status, told) == (
            200,
            {
                "status": "deleted",
                "application": {
                    "id": row.pk,
                    "slug": "one",
                    "learner": ADA,
                    "created": "2024-05-21T19:22:09.000Z",
                    "assignedTo": None,
                    "assignedExpiration": None,
                    "badge": None,
                    "processed": None,
                    "evidence": [],
                },
            },
        )
        assert slugs(api.get(CODER)) == ["other"]
        assert not Review.objects.exists()
        assert Evidence.objects.count() == 2
        assert api.delete(f"{context}/badges/coder/applications/one")[0] == 404


class TestBounds:
    @pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
    @pytest.mark.parametrize(
        "path",
        [
            "/systems/city/badges/reader",
            "/systems/village/badges/farmer",
            "/systems/village/badges/coder",
            "/systems/city/issuers/library/badges/librarian",
        ],
    )
    def test_the_application_of_another_badge_is_not_found(self, api: Caller, method: str, path: str) -> None:
        apply("one")
        before = Application.objects.values().get()
        assert api.call(method, f"{path}/applications/one", {"learner": "bob@example.com"})[0] == 404
        assert Application.objects.values().get() == before

    def test_a_consumer_reaches_only_its_own_system(self, api: Caller) -> None:
        apply("one", badge="farmer")
        consumer = Caller(api.client, key=KEY, secret=SECRET)
        assert consumer.get("/systems/village/applications")[0] == 403
        assert consumer.delete("/systems/village/badges/farmer/applications/one")[0] == 403
        assert consumer.get("/systems/city/applications") == (200, {"applications": []})

    @pytest.mark.parametrize("path", ["", "/one"])
    def test_other_methods_are_not_allowed(self, api: Caller, path: str) -> None:
        assert api.call("PATCH", f"{CODER}{path}")[0] == 405


@pytest.mark.django_db(transaction=True)
class TestRaces:
    """Two calls at the same moment; each is a whole."""

    def test_two_changes_leave_the_evidence_of_one(self, transactional_db: None, settings: Any) -> None:
        settings.BADGEKIT_MASTER_SECRET = MASTER
        store()
        apply("one")
        sets = [[{"reflection": f"{letter}{number}"} for number in range(20)] for letter in "abcd"]
        bodies = [{"evidence": each, "assignedTo": f"{each[0]['reflection']}@example.com"} for each in sets]
        answers = at_once([("PUT", f"{CODER}/one", body) for body in bodies])
        assert {status for status, _ in answers} == {200}
        told = Caller().get(f"{CODER}/one")[1]["application"]
        found = [each["reflection"] for each in told["evidence"]]
        assert [{"reflection": each} for each in found] in sets
        assert told["assignedTo"] == f"{found[0]}@example.com"

    def test_of_several_deletions_one_is_told_of(self, transactional_db: None, settings: Any) -> None:
        settings.BADGEKIT_MASTER_SECRET = MASTER
        store()
        apply("one")
        answers = at_once([("DELETE", f"{CODER}/one", None)] * 4)
        assert sorted(status for status, _ in answers) == [200, 404, 404, 404]
        assert not Evidence.objects.exists()


def at_once(calls: Sequence[tuple[str, str, object]]) -> list[tuple[int, Any]]:
    """The answers to calls that are made at the same moment."""
    start = Barrier(len(calls))

    def make(call: tuple[str, str, object]) -> tuple[int, Any]:
        start.wait(timeout=10)
        try:
            return Caller().call(*call)
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(make, calls))
