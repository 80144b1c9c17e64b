"""The store's pages in the administration: who may do what, what deleting means, and what belongs to a badge."""

from typing import Any

import pytest
from django.contrib import admin
from django.db import connection
from django.db.models.signals import pre_save
from django.test import Client
from django.test.utils import CaptureQueriesContext

from credentials_badges.badges import visiting
from credentials_badges.badges.models import AuditEntry, Learner
from providers.badgekit import claims
from providers.badgekit import models as stored
from providers.badgekit.instances import Award
from providers.badgekit.models import (
    Badge,
    Batch,
    ClaimCode,
    CodeVisits,
    Consumer,
    Image,
    Issuer,
    Milestone,
    Program,
    System,
    Webhook,
)
from tests.badges.admin_by_hand import messages
from tests.badges.test_admin import address_of, viewer
from tests.providers.badgekit.admin_pages import (
    OLD,
    application,
    call,
    change_page,
    clerk,
    delete,
    delete_chosen,
    errors,
)
from tests.providers.badgekit.api import HOOK, SECRET

PAGES = [model for model in admin.site._registry if model._meta.app_label == "badgekit"]
PARTS = ("criteria", "alignments", "categories", "tags")
BADGE = {"name": "Knots", "slug": "knots", "type": "skill"}

pytestmark = [pytest.mark.once, pytest.mark.usefixtures("webhook")]


def parts(**rows: list[dict[str, Any]]) -> dict[str, Any]:
    """The inlines of a badge's page as a browser sends them."""
    sent: dict[str, Any] = {}
    for prefix in PARTS:
        each = rows.get(prefix, [])
        sent |= {f"{prefix}-TOTAL_FORMS": len(each), f"{prefix}-INITIAL_FORMS": 0}
        sent |= {f"{prefix}-{n}-{name}": value for n, row in enumerate(each) for name, value in row.items()}
    return sent


def populate(numbers: range) -> None:
    """One row more on every page for each number."""
    for number in numbers:
        name = f"more-{number}"
        system = System.objects.create(slug=name, name=name)
        issuer = Issuer.objects.create(slug=name, name=name, system=system)
        program = Program.objects.create(slug=name, name=name, issuer=issuer)
        badge = Badge.objects.create(slug=name, name=name, type="skill", system=system, issuer=issuer, program=program)
        batch = Batch.objects.create(badge=badge, label=name)
        code = ClaimCode.objects.create(badge=badge, code=name, batch=batch)
        claims.claim(code, Award(email=f"{name}@example.com", base_url="http://testserver/"))
        visiting.count(CodeVisits, CodeVisits.Kind.VIEWED, code=code)
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
        assert not [row for row in AuditEntry.objects.all() if SECRET in f"{row.label} {row.changes}"]

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
            told = {"name": "Harbour", "slug": "harbour", "members-TOTAL_FORMS": 0, "members-INITIAL_FORMS": 0}
            answer = admin_client.post(address_of(System, "add"), told)
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


def test_every_table_of_the_store_has_a_page_or_a_place_on_one() -> None:
    shown = set(PAGES)
    shown |= {inline.model for page in admin.site._registry.values() for inline in page.inlines}
    assert {getattr(stored, name) for name in stored.__all__ if not name.startswith("BadgeKit")} <= shown
