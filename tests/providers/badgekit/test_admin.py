"""The store's pages in the administration: who may do what, what is kept secret, and what deleting means."""

import re
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.db import connection
from django.db.models import Model
from django.db.models.signals import pre_save
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from credentials_badges.badges.models import Learner
from providers.badgekit import claims
from providers.badgekit import models as stored
from providers.badgekit.instances import Award, give
from providers.badgekit.models import (
    Application,
    Badge,
    BadgeInstance,
    ClaimCode,
    Consumer,
    Evidence,
    Image,
    Issuer,
    Milestone,
    Program,
    Review,
    ReviewItem,
    System,
    Webhook,
    WebhookCall,
)
from tests.badges.admin_by_hand import messages
from tests.badges.test_admin import address_of, run, viewer
from tests.providers.badgekit.api import SECRET, Caller

HOOK = "the webhook's secret, long enough to be one"
OLD = "another secret, long enough to be one"
PAGES = [model for model in admin.site._registry if model._meta.app_label == "badgekit"]
PARTS = ("criteria", "alignments", "categories", "tags")
BADGE = {"name": "Knots", "slug": "knots", "type": "skill"}


@pytest.fixture(autouse=True)
def _store(api: Caller) -> None:
    """The small store, and a webhook."""
    Webhook.objects.create(system=System.objects.get(slug="city"), url="https://city.example/hook", secret=HOOK)


def clerk(*models: type[Model], may: str = "change") -> Client:
    """Signed in as somebody who may do this with these, and look at everything."""
    staff = Learner.objects.create_user("clerk", is_staff=True)
    codenames = [f"{may}_{model._meta.model_name}" for model in models]
    looking = Permission.objects.filter(codename__startswith="view_")
    staff.user_permissions.set(looking | Permission.objects.filter(codename__in=codenames))
    client = Client()
    client.force_login(staff)
    return client


def change_page(row: Model) -> str:
    return address_of(type(row), "change", row.pk)


def delete(client: Client, row: Model) -> int:
    return int(client.post(address_of(type(row), "delete", row.pk), {"post": "yes"}).status_code)


def delete_chosen(client: Client, *rows: Model) -> Any:
    chosen = {"action": "delete_selected", "_selected_action": [row.pk for row in rows], "post": "yes"}
    return client.post(address_of(type(rows[0]), "changelist"), chosen)


def parts(**rows: list[dict[str, Any]]) -> dict[str, Any]:
    """The inlines of a badge's page as a browser sends them."""
    sent: dict[str, Any] = {}
    for prefix in PARTS:
        each = rows.get(prefix, [])
        sent |= {f"{prefix}-TOTAL_FORMS": len(each), f"{prefix}-INITIAL_FORMS": 0}
        sent |= {f"{prefix}-{n}-{name}": value for n, row in enumerate(each) for name, value in row.items()}
    return sent


def errors(answer: Any) -> dict[str, list[str]]:
    return dict(answer.context["adminform"].form.errors)


def call(webhook: Webhook | None = None, **told: Any) -> WebhookCall:
    now = timezone.now()
    return WebhookCall.objects.create(
        webhook=webhook or Webhook.objects.get(),
        action="award",
        topic="an-instance",
        body='{"email": "ada@example.com"}',
        created_at=now,
        not_before=now,
        **told,
    )


def application(name: str = "asks") -> Application:
    """With its evidence and a review."""
    coder = Badge.objects.get(slug="coder")
    asked = Application.objects.create(slug=name, badge=coder, learner="ada@example.com")
    Evidence.objects.create(application=asked, url="https://ada.example/", media_type="link", reflection="My best.")
    review = Review.objects.create(slug=f"{name}-review", application=asked, author="eve@example.com", comment="Good.")
    ReviewItem.objects.create(review=review, criterion=coder.criteria.get(), satisfied=True, comment="It runs.")
    return asked


def populate(numbers: range) -> None:
    """One row more on every page for each number."""
    for number in numbers:
        name = f"more-{number}"
        system = System.objects.create(slug=name, name=name)
        issuer = Issuer.objects.create(slug=name, name=name, system=system)
        program = Program.objects.create(slug=name, name=name, issuer=issuer)
        badge = Badge.objects.create(slug=name, name=name, type="skill", system=system, issuer=issuer, program=program)
        code = ClaimCode.objects.create(badge=badge, code=name)
        claims.claim(code, Award(email=f"{name}@example.com", base_url="http://testserver/"))
        Image.objects.create(slug=name, url="https://pictures.example/x.png")
        Consumer.objects.create(api_key=name, api_secret=OLD, system=system)
        call(Webhook.objects.create(system=system, url=f"https://{name}.example/", secret=OLD))
        Milestone.objects.create(system=system, primary_badge=badge, number_required=1)
        application(name)


class TestAllPages:
    def test_a_list_costs_as_many_statements_for_12_rows_as_for_2(self, admin_client: Client) -> None:
        counts: list[dict[str, int]] = []
        for numbers in (range(2), range(2, 12)):
            populate(numbers)
            counts.append({})
            for model in PAGES:
                admin_client.get(address_of(model, "changelist"))
                with CaptureQueriesContext(connection) as statements:
                    assert admin_client.get(address_of(model, "changelist")).status_code == 200
                counts[-1][model._meta.label] = len(statements)
        assert counts[0] == counts[1]

    def test_each_opens_and_none_shows_a_secret(self, admin_client: Client) -> None:
        populate(range(2))
        for client in (admin_client, viewer(), clerk(*PAGES)):
            for model in PAGES:
                row = model._default_manager.first()
                assert row is not None, model
                for address in (
                    address_of(model, "changelist") + "?q=more",
                    *(address_of(model, page, row.pk) for page in ("change", "delete", "history")),
                    address_of(model, "add"),
                ):
                    answer = client.get(address)
                    assert answer.status_code in {200, 403}, address
                    for secret in (SECRET, HOOK, OLD):
                        assert secret not in answer.text.replace("&#x27;", "'"), address
        assert not [row for row in LogEntry.objects.all() if SECRET in row.change_message]

    def test_who_may_only_look_changes_and_deletes_nothing(self) -> None:
        populate(range(1))
        client = viewer()
        for model in PAGES:
            row = model._default_manager.first()
            assert row is not None
            assert client.post(address_of(model, "change", row.pk), {}).status_code == 403, model
            assert client.post(address_of(model, "add"), {}).status_code == 403, model
            assert delete(client, row) == 403, model
            assert 'name="action"' not in client.get(address_of(model, "changelist")).text, model

    def test_learners_and_strangers_are_sent_to_the_login(self) -> None:
        ada = Client()
        ada.force_login(Learner.objects.create_user("ada"))
        for client in (Client(), ada):
            for model in PAGES:
                answer = client.get(address_of(model, "changelist"))
                assert answer["Location"].startswith("/admin/login/"), model

    @pytest.mark.parametrize("model", [System, Issuer, Program, Badge])
    def test_to_delete_is_to_hide(self, model: Any, admin_client: Client) -> None:
        row, other = model.objects.first(), model.objects.last()
        shown = admin_client.get(address_of(model, "delete", row.pk)).text
        assert "What belongs to it stays" in shown
        assert delete(admin_client, row) == 302
        row.refresh_from_db()
        assert row.deleted_at is not None
        assert row.slug_key is None
        assert f"/{row.pk}/change/" not in admin_client.get(address_of(model, "changelist")).text
        assert admin_client.get(change_page(row)).status_code == 302
        if other != row:
            delete_chosen(admin_client, other)
            other.refresh_from_db()
            assert other.deleted_at is not None
        assert model.objects.count() == len(model.objects.values_list("pk"))
        assert ClaimCode.objects.count() == 0

    @pytest.mark.parametrize("model", [System, Issuer, Program, Badge])
    def test_hiding_needs_the_permission_to_delete(self, model: Any) -> None:
        client, row = clerk(model), model.objects.first()
        assert delete(client, row) == 403
        delete_chosen(client, row)
        row.refresh_from_db()
        assert row.deleted_at is None

    def test_what_is_hidden_is_not_offered(self, admin_client: Client) -> None:
        System.objects.get(slug="village").hide()
        asked = {"app_label": "badgekit", "model_name": "issuer", "field_name": "system"}
        offered = admin_client.get("/admin/autocomplete/", asked).json()["results"]
        assert [each["text"] for each in offered] == ["The City"]

    def test_a_name_that_somebody_else_takes_at_this_moment_is_told(self, admin_client: Client) -> None:
        def rival(sender: Any, instance: System, **_: Any) -> None:
            if instance.name == "Harbour":
                System.objects.bulk_create([System(slug="harbour", slug_key="harbour", name="Rival")])

        pre_save.connect(rival, sender=System)
        try:
            answer = admin_client.post(address_of(System, "add"), {"name": "Harbour", "slug": "harbour"})
        finally:
            pre_save.disconnect(rival, sender=System)
        assert answer.status_code == 302
        assert messages(answer) == ["Nothing was saved: somebody else took the same name at this moment."]
        assert not System.objects.filter(slug="harbour").exists()


class TestBadges:
    def test_one_is_added_with_all_that_describes_it(self, admin_client: Client) -> None:
        city, pic = System.objects.get(slug="city"), Image.objects.get()
        rows = parts(
            criteria=[{"description": "Tie three knots.", "required": "on"}],
            alignments=[{"name": "Seamanship", "url": "https://standards.example/1"}],
            categories=[{"value": "craft"}],
            tags=[{"value": "rope"}],
        )
        told = {"system": city.pk, "image": pic.pk, "time_value": "3", "time_units": "hours", "criteria_url": ""}
        answer = admin_client.post(address_of(Badge, "add"), {**BADGE, **told, **rows})
        assert answer.status_code == 302
        badge = Badge.objects.get(slug="knots")
        assert (badge.system, badge.image, badge.time_units) == (city, pic, "hours")
        assert [len(getattr(badge, name).all()) for name in PARTS] == [1, 1, 1, 1]

    def test_it_belongs_to_one_place(self, admin_client: Client) -> None:
        village, library, club = System.objects.get(slug="village"), Issuer.objects.get(), Program.objects.get()
        told = {**BADGE, "system": village.pk, **parts()}
        answer = admin_client.post(address_of(Badge, "add"), {**told, "issuer": library.pk})
        assert errors(answer) == {"issuer": ["“The Library” is no issuer of “The Village”."]}
        answer = admin_client.post(address_of(Badge, "add"), {**told, "program": club.pk})
        assert errors(answer) == {"program": ["“Code Club” is no program of the issuer above."]}

    @pytest.mark.parametrize("slug", ["CODER", "Coder "])
    def test_a_slug_that_is_taken_is_refused(self, admin_client: Client, slug: str) -> None:
        told = {**BADGE, "slug": slug, "system": System.objects.get(slug="village").pk, **parts()}
        assert "slug" in errors(admin_client.post(address_of(Badge, "add"), told))

    @pytest.mark.parametrize("url", ["javascript:alert(1)", "ftp://x.example/", "no address"])
    def test_addresses_are_of_the_web(self, admin_client: Client, url: str) -> None:
        told = {**BADGE, "system": System.objects.get(slug="city").pk, "criteria_url": url, **parts()}
        assert "criteria_url" in errors(admin_client.post(address_of(Badge, "add"), told))
        assert "url" in errors(admin_client.post(address_of(Image, "add"), {"url": url}))
        assert "url" in errors(admin_client.post(address_of(System, "add"), {"name": "X", "slug": "x", "url": url}))

    def test_a_picture_by_its_address_gets_a_name(self, admin_client: Client) -> None:
        assert "url" in errors(admin_client.post(address_of(Image, "add"), {}))
        admin_client.post(address_of(Image, "add"), {"url": "https://pictures.example/knots.png"})
        made = Image.objects.get(url="https://pictures.example/knots.png")
        assert len(made.slug) == 32
        assert f'src="{made.url}"' in admin_client.get(change_page(made)).text

    def test_a_picture_that_was_uploaded_keeps_its_bytes(self, admin_client: Client) -> None:
        image = Image.objects.create(slug="up", mimetype="image/png", data=b"\x89PNG")
        assert 'src="/images/up"' in admin_client.get(change_page(image)).text
        assert admin_client.post(change_page(image), {"slug": "up", "url": ""}).status_code == 302
        image.refresh_from_db()
        assert bytes(image.data or b"") == b"\x89PNG"

    def test_a_picture_in_use_is_not_deleted(self, admin_client: Client) -> None:
        delete(admin_client, Image.objects.get())
        assert Image.objects.exists()

    def test_a_milestone_gives_a_badge_of_its_system(self, admin_client: Client) -> None:
        city, coder, reader = System.objects.get(slug="city"), *Badge.objects.filter(slug__in=("coder", "reader"))
        told = {
            "system": city.pk,
            "primary_badge": coder.pk,
            "number_required": "1",
            "action": "issue",
            "counting-TOTAL_FORMS": 1,
            "counting-INITIAL_FORMS": 0,
            "counting-0-badge": reader.pk,
        }
        assert admin_client.post(address_of(Milestone, "add"), told).status_code == 302
        assert list(Milestone.objects.get().support_badges.all()) == [reader]
        farmer = Badge.objects.get(slug="farmer")
        wrong = {**told, "primary_badge": farmer.pk, "number_required": "0", "action": "explode"}
        answer = admin_client.post(address_of(Milestone, "add"), wrong)
        assert errors(answer).keys() == {"primary_badge", "number_required", "action"}


class TestClaimCodes:
    def test_one_is_made_up_if_none_is_said(self, admin_client: Client) -> None:
        coder = Badge.objects.get(slug="coder")
        for typed in ("", "   "):
            admin_client.post(address_of(ClaimCode, "add"), {"badge": coder.pk, "code": typed, "multiuse": "on"})
        assert {len(code.code) for code in ClaimCode.objects.all()} == {12}
        assert ClaimCode.objects.count() == 2

    def test_one_s_own_is_taken_as_it_is_and_shown_with_its_address(self, admin_client: Client) -> None:
        coder = Badge.objects.get(slug="coder")
        admin_client.post(
            address_of(ClaimCode, "add"), {"badge": coder.pk, "code": "Tag der Tür", "multiuse": "on", "limit": "3"}
        )
        code = ClaimCode.objects.get(code="Tag der Tür", limit=3)
        shown = admin_client.get(change_page(code)).text
        assert 'href="http://127.0.0.1:8000/claim/Tag%20der%20T%C3%BCr/"' in shown
        assert "Anybody" in shown

    @pytest.mark.parametrize(
        ("told", "wrong"),
        [
            ({"code": "TAKEN"}, "code"),
            ({"code": "x" * 256}, "code"),
            ({"limit": "2"}, "limit"),
            ({"badge": ""}, "badge"),
        ],
    )
    def test_what_cannot_be_is_refused(self, admin_client: Client, told: dict[str, str], wrong: str) -> None:
        coder = Badge.objects.get(slug="coder")
        ClaimCode.objects.create(badge=coder, code="taken")
        answer = admin_client.post(address_of(ClaimCode, "add"), {"badge": coder.pk, "code": "new", **told})
        assert errors(answer).keys() == {wrong}

    def test_of_one_that_exists_only_for_how_many_it_is_is_changed(self, admin_client: Client) -> None:
        coder = Badge.objects.get(slug="coder")
        code = ClaimCode.objects.create(badge=coder, code="abc", email="ada@example.com", claimed=True, uses=1)
        told = {"code": "xyz", "email": "eve@example.com", "uses": "0", "multiuse": "on", "limit": "5"}
        assert admin_client.post(change_page(code), told).status_code == 302
        code.refresh_from_db()
        assert (code.code, code.email, code.claimed, code.uses) == ("abc", "ada@example.com", True, 1)
        assert (code.multiuse, code.limit) == (True, 5)

    def test_a_reserved_one_is_only_shown_with_its_learner(self, admin_client: Client) -> None:
        ada = Learner.objects.create_user("ada")
        told = {"badge": Badge.objects.get(slug="coder"), "email": "ada@example.com"}
        code = ClaimCode.objects.create(code="abc", reservation="a-promise", recipient_id=str(ada.uuid), **told)
        odd = ClaimCode.objects.create(code="odd", reservation="another", recipient_id="nobody", **told)
        assert f'<a href="/admin/badges/learner/{ada.pk}/change/">ada</a>' in admin_client.get(change_page(code)).text
        assert "not known any more (nobody)" in admin_client.get(change_page(odd)).text
        admin_client.post(change_page(code), {"multiuse": "on", "limit": "9", "email": "eve@example.com"})
        assert delete(admin_client, code) == 403
        delete_chosen(admin_client, code, odd)
        code.refresh_from_db()
        assert (code.multiuse, code.limit, code.email, code.deleted_at) == (False, None, "ada@example.com", None)

    def test_a_deleted_one_is_listed_on_demand_and_its_badges_stay(self, admin_client: Client) -> None:
        coder = Badge.objects.get(slug="coder")
        code, other = (ClaimCode.objects.create(badge=coder, code=text, multiuse=True) for text in ("one", "two"))
        claims.claim(code, Award(email="ada@example.com", base_url="http://testserver/"))
        assert delete(admin_client, code) == 302
        assert BadgeInstance.objects.get().claim_code == code
        page = address_of(ClaimCode, "changelist")
        listed = {query: admin_client.get(page + query).context["cl"].result_list for query in ("", "?deleted=yes")}
        assert list(listed[""]) == [other]
        assert list(listed["?deleted=yes"]) == [code]
        assert len(admin_client.get(f"{page}?deleted=all").context["cl"].result_list) == 2
        assert admin_client.post(change_page(code), {"multiuse": "on"}).status_code == 403
        delete_chosen(admin_client, other)
        other.refresh_from_db()
        assert other.deleted_at is not None


class TestInstances:
    def test_to_delete_one_is_to_revoke_it(self, admin_client: Client) -> None:
        held = [
            give(Badge.objects.get(slug=slug), Award(email=f"{name}@example.com", base_url="http://testserver/"))
            for slug in ("coder", "reader")
            for name in ("ada", "ben")
        ]
        WebhookCall.objects.all().delete()
        page = address_of(BadgeInstance, "changelist")
        assert '<option value="delete_selected">Revoke</option>' in admin_client.get(page).text
        asked = {"action": "delete_selected", "_selected_action": [row.pk for row in held]}
        for shown in (
            admin_client.post(page, asked),
            admin_client.get(address_of(BadgeInstance, "delete", held[0].pk)),
        ):
            assert "BadgeKit knows no revoked badges" in shown.text
            assert "Coder of ada@example.com" in shown.text
        assert delete(admin_client, held[0]) == 302
        delete_chosen(admin_client, *held[1:])
        assert not BadgeInstance.objects.exists()
        assert sorted(WebhookCall.objects.values_list("action", "topic")) == sorted(
            ("revoke", row.slug) for row in held
        )

    def test_it_needs_the_permission_to_delete(self) -> None:
        row = give(Badge.objects.get(slug="coder"), Award(email="ada@example.com", base_url="http://testserver/"))
        client = clerk(BadgeInstance)
        assert delete(client, row) == 403
        delete_chosen(client, row)
        assert BadgeInstance.objects.exists()

    def test_nobody_writes_one_by_hand(self, admin_client: Client) -> None:
        assert admin_client.post(address_of(BadgeInstance, "add"), {}).status_code == 403


class TestApplications:
    def test_they_are_shown_with_evidence_and_reviews(self, admin_client: Client) -> None:
        asked = application()
        shown = admin_client.get(change_page(asked)).text
        for words in ("https://ada.example/", "My best.", "eve@example.com", "Good."):
            assert words in shown
        assert "It runs." in admin_client.get(change_page(Review.objects.get())).text
        for row in (asked, Review.objects.get()):
            assert admin_client.post(change_page(row), {}).status_code == 403
            assert delete(admin_client, row) == 403


SECRETS = [
    pytest.param(Consumer, "api_secret", {"api_key": "harbour", "description": ""}, id="consumer"),
    pytest.param(Webhook, "secret", {"url": "https://harbour.example/hook"}, id="webhook"),
]


@pytest.mark.parametrize(("model", "field", "told"), SECRETS)
class TestSecrets:
    def made(self, model: Any, field: str, told: dict[str, str], secret: str = OLD) -> Any:
        row = {name: value or None for name, value in told.items()}
        return model.objects.create(system=System.objects.get(slug="village"), **row, **{field: secret})

    def sent(self, told: dict[str, str], **more: str) -> dict[str, Any]:
        return {**told, "system": System.objects.get(slug="village").pk, **more}

    def test_one_that_is_entered_is_kept_encrypted(
        self, model: Any, field: str, told: dict[str, str], admin_client: Client
    ) -> None:
        answer = admin_client.post(address_of(model, "add"), self.sent(told, **{field: OLD}))
        assert answer.status_code == 302
        assert not [text for text in messages(answer) if OLD in text]
        row = model.objects.get(system__slug="village")
        assert getattr(row, field) == OLD
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {field} FROM {model._meta.db_table} WHERE id = %s", [row.pk])  # noqa: S608
            assert OLD not in str(cursor.fetchone())
        shown = admin_client.get(change_page(row)).text
        assert OLD not in shown
        assert re.search(rf'<input type="password" name="{field}"[^>]*autocomplete="new-password"', shown)
        assert "A secret is stored" in shown

    def test_without_one_a_long_one_is_made_up_and_shown_once(
        self, model: Any, field: str, told: dict[str, str], admin_client: Client
    ) -> None:
        admin_client.post(address_of(model, "add"), self.sent(told))
        row = model.objects.get(system__slug="village")
        secret = getattr(row, field)
        assert len(secret) == 64
        page = address_of(model, "changelist")
        shown = [admin_client.get(page).text.count(secret) for _ in range(2)]
        assert shown == [1, 0]
        assert secret not in admin_client.get(change_page(row)).text
        assert secret not in str(LogEntry.objects.values_list())

    def test_an_empty_field_keeps_the_stored_one(
        self, model: Any, field: str, told: dict[str, str], admin_client: Client
    ) -> None:
        row = self.made(model, field, told)
        assert admin_client.post(change_page(row), self.sent(told)).status_code == 302
        row.refresh_from_db()
        assert getattr(row, field) == OLD
        assert "secret" not in LogEntry.objects.get().get_change_message().lower()

    def test_a_new_one_is_made_up_on_demand(
        self, model: Any, field: str, told: dict[str, str], admin_client: Client
    ) -> None:
        row = self.made(model, field, told)
        answer = admin_client.post(change_page(row), self.sent(told, make_secret="on"))
        row.refresh_from_db()
        assert getattr(row, field) != OLD
        assert [text for text in messages(answer) if getattr(row, field) in text]

    def test_what_is_wrong_is_told_without_the_secret(
        self, model: Any, field: str, told: dict[str, str], admin_client: Client
    ) -> None:
        for wrong, where in (({field: "short"}, field), ({field: HOOK, "make_secret": "on"}, "make_secret")):
            answer = admin_client.post(address_of(model, "add"), self.sent(told, **wrong))
            assert errors(answer).keys() == {where}
            assert not re.search(rf'name="{field}"[^>]* value=', answer.text)
        assert not model.objects.filter(system__slug="village").exists()

    def test_one_that_cannot_be_read_is_not_replaced_unasked(
        self, model: Any, field: str, told: dict[str, str], admin_client: Client, settings: Any
    ) -> None:
        row = self.made(model, field, told)
        keys, settings.FIELD_ENCRYPTION_KEYS = settings.FIELD_ENCRYPTION_KEYS, ["another key"]
        assert errors(admin_client.post(change_page(row), self.sent(told))).keys() == {field}
        settings.FIELD_ENCRYPTION_KEYS = keys
        row.refresh_from_db()
        assert getattr(row, field) == OLD

    def test_who_may_only_look_sees_no_field_for_it(self, model: Any, field: str, told: dict[str, str]) -> None:
        row = self.made(model, field, told)
        shown = viewer().get(change_page(row)).text
        assert OLD not in shown
        assert field not in shown
        assert "make_secret" not in shown

    def test_who_may_change_them_may_enter_one(self, model: Any, field: str, told: dict[str, str]) -> None:
        row = self.made(model, field, told)
        assert clerk(model).post(change_page(row), self.sent(told, **{field: HOOK})).status_code == 302
        row.refresh_from_db()
        assert getattr(row, field) == HOOK

    def test_one_that_is_not_needed_any_more_is_deleted(
        self, model: Any, field: str, told: dict[str, str], admin_client: Client
    ) -> None:
        row = self.made(model, field, told)
        if model is Webhook:
            call(row)
        assert delete(admin_client, row) == 302
        assert not model.objects.filter(pk=row.pk).exists()


class TestAccess:
    def test_the_page_of_consumers_says_where_the_master_s_secret_is(self, admin_client: Client) -> None:
        assert "BADGEKIT_MASTER_SECRET" in admin_client.get(address_of(Consumer, "add")).text

    def test_the_master_s_key_is_no_row(self, admin_client: Client) -> None:
        told = {"api_key": "MASTER", "system": System.objects.get(slug="city").pk}
        assert "api_key" in errors(admin_client.post(address_of(Consumer, "add"), told))

    def test_a_made_up_secret_opens_the_api(self, admin_client: Client) -> None:
        told = {"api_key": "harbour", "system": System.objects.get(slug="city").pk}
        admin_client.post(address_of(Consumer, "add"), told)
        secret = Consumer.objects.get(api_key="harbour").api_secret
        assert Caller(key="harbour", secret=secret).get("/systems/city/badges/coder/codes")[0] == 200

    def test_a_dead_call_is_sent_again(self, admin_client: Client) -> None:
        dead, sent = call(status="dead", attempts=12), call(status="sent")
        page = address_of(WebhookCall, "changelist")
        found = [
            admin_client.get(page + query).context["cl"].result_count for query in ("?action=award", "?status=dead")
        ]
        assert found == [2, 1]
        said = run(admin_client, page, "send_again", dead, sent)
        assert [level for level, _ in said] == ["success", "warning"]
        dead.refresh_from_db()
        assert (dead.status, dead.attempts) == ("pending", 0)

    def test_its_body_is_for_those_who_may_change_it(self, admin_client: Client) -> None:
        row = call()
        assert "ada@example.com" in admin_client.get(change_page(row)).text
        assert "ada@example.com" in clerk(WebhookCall).get(change_page(row)).text
        assert "ada@example.com" not in viewer().get(change_page(row)).text


def test_every_table_of_the_store_has_a_page_or_a_place_on_one() -> None:
    shown = set(PAGES)
    shown |= {inline.model for page in admin.site._registry.values() for inline in page.inlines}
    assert {getattr(stored, name) for name in stored.__all__ if not name.startswith("BadgeKit")} <= shown
