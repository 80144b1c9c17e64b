"""Whoever reads Spanish finds no English word of ours: each page is read twice, and only data are the same in both."""

import json
import re
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.messages import get_messages
from django.test import Client
from django.utils import timezone

from credentials_badges.badges import recomputing
from credentials_badges.badges.awarding import WITHDRAWN
from credentials_badges.badges.models import (
    AuditEntry,
    Badge,
    BadgeRequirement,
    BadgeTemplate,
    Issuance,
    Learner,
    ProviderAccount,
    SyncRun,
)
from credentials_badges.contract import registry
from tests.badges.admin_by_hand import BADGES, TEMPLATES, award_page, csv
from tests.badges.by_hand import grant
from tests.badges.test_admin import address_of, populate
from tests.badges.test_test_bench import BENCH
from tests.badges.world import PASSING, World, passing, requirement

pytestmark = [pytest.mark.once, pytest.mark.django_db]

SAME = {
    *("Error", "No", "Ordinal", "Roles", "Slug", "Tokens", "Total", "URL", "UTC", "UUID", "Webhooks", "webhooks", "no"),
    *("BadgeKit", "Crontabs", "Python Social Auth", "Open Badges", "English", "Español", "QR"),
    *("Administrators", "Issuers", "Readers", "Reviewers"),  # Groups, which have their names in the database.
    *("True", "False", "Search"),  # Pictures of Django's.
}
"""What is the same in Spanish, or is no word of ours."""
EDGES = "›:,;.() ○✓←–"
VALUES = re.compile(r"id_option_|id_user_permissions|id_groups")
"""The choices of these fields are as programs write them, or as they are called in the database."""


class Texts(HTMLParser):
    """What people read of a page, text by text."""

    UNREAD = ("script", "style", "code", "textarea", "datalist", "pre", "progress", "time")
    READ = ("aria-label", "placeholder", "alt")

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: set[str] = set()
        self.within: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        if tag in self.UNREAD or (tag == "select" and VALUES.match(told.get("id") or "")):
            self.within.append(tag)
        self.found |= {told.get(name) or "" for name in self.READ}
        if tag == "input" and told.get("type") == "submit":
            self.found.add(told.get("value") or "")

    def handle_endtag(self, tag: str) -> None:
        if self.within and tag == self.within[-1]:
            self.within.pop()

    def handle_data(self, data: str) -> None:
        if not self.within:
            self.found.add(data)


def words_of(answer: Any, language: str) -> set[str]:
    """The texts of a page that have words in them, without what stands around these."""
    assert answer.status_code in {200, 429}, answer.text
    assert f'<html lang="{language}"' in answer.text
    texts = {" ".join(text.split()).strip(EDGES) for text in Texts(answer.text).found}
    return {text for text in texts if re.search(r"[^\W\d_]{2}", text)}


def data() -> list[str]:
    """All that is stored as text, and what rows are called; the longest first."""
    found: set[str] = set()
    for model in apps.get_models():
        if model._meta.proxy or model._meta.app_label in {"auth", "contenttypes", "django_celery_beat"}:
            continue
        for row in model._default_manager.all():
            values = [getattr(row, field.attname) for field in model._meta.concrete_fields]
            values += [each for value in values if isinstance(value, list) for each in value]
            found |= {" ".join(str(value).split()) for value in (row, *values)}
    found.add("course passing status updated")  # As an event is called where nobody has described it.
    return sorted((text for text in found if len(text) > 1), key=len, reverse=True)


def english(ask: Callable[[str], Any], *sent: str, stored: list[str] | None = None) -> list[str]:
    """What stands on a page in English and in Spanish alike, and is neither data, nor sent, nor the same in Spanish."""
    both = (words_of(ask("en"), "en") & words_of(ask("es"), "es")) - SAME
    known = [*sent, *(data() if stored is None else stored)]
    return sorted(text for text in both if not set(re.findall(r"[^\W\d_]{2,}", _without(text, known))) <= SAME)


def _without(text: str, stored: list[str]) -> str:
    for each in stored:
        text = text.replace(each.strip(EDGES), "")
    return re.sub(r"https?://\S+", "", text)


def getting(client: Client, address: str) -> Callable[[str], Any]:
    return lambda language: client.get(address, headers={"Accept-Language": language, "Accept": "text/html"})


def posting(client: Client, address: str, told: dict[str, Any]) -> Callable[[str], Any]:
    return lambda language: client.post(address, told, headers={"Accept-Language": language})


def addresses(client: Client) -> Iterator[str]:
    """The pages of the models that people administer here."""
    request = client.get("/admin/").wsgi_request
    for model, pages in admin.site._registry.items():
        if model._meta.app_label in {"badges", "eventbus"}:
            yield address_of(model, "changelist")
            if pages.has_add_permission(request):
                yield address_of(model, "add")
            if row := model._default_manager.first():
                yield address_of(model, "change", row.pk)
                yield address_of(model, "history", row.pk)


def test_every_list_and_form_of_the_administration_is_translated(admin_client: Client) -> None:
    populate(range(1))
    recomputing.ask(BadgeTemplate.objects.all(), timezone.now())
    seen, stored = list(addresses(admin_client)), data()
    assert len(seen) > 60
    found = {address: english(getting(admin_client, address), stored=stored) for address in seen}
    assert {address: texts for address, texts in found.items() if texts} == {}


class TestTheAdministration:
    def test_its_first_page_and_the_search_are_translated(self, earned: World, admin_client: Client) -> None:
        now = timezone.now()
        Issuance.objects.update(status=Issuance.Status.DEAD, failure=Issuance.Failure.REJECTED)
        ProviderAccount.objects.update(paused_reason="401", key_expires_at=now)
        SyncRun.objects.update(failure=SyncRun.Failure.GUARD, error="404")
        for address in ("/admin/", "/admin/search/?q=ada", "/admin/search/?q=nobody-there", "/admin/password_change/"):
            assert english(getting(admin_client, address), "nobody-there", *registry.slugs()) == []

    def test_a_badge_is_given_and_taken_in_it(self, credly: World, admin_client: Client) -> None:
        template = credly.configure(requirements=[requirement("one", "OneX")])
        Learner.objects.create(username="ada", email="ada@example.com")
        told = {"learners": "ada\nnobody-there\nx@", "reason": "401"}
        assert english(getting(admin_client, award_page(template))) == []
        assert english(posting(admin_client, award_page(template), told), "nobody-there") == []
        assert english(posting(admin_client, award_page(template), {})) == []
        sheet = {"reason": "401", "file": csv("username,email\nada,\nben,ben@example.com\nben,\n\x00,\n")}
        answer = admin_client.post(award_page(template), sheet, headers={"Accept-Language": "es"})
        assert "La línea 3 nombra al mismo estudiante" in answer.text
        grant(template, "ada")
        told = {"action": "revoke", "_selected_action": [str(badge.pk) for badge in Badge.objects.all()]}
        assert english(posting(admin_client, BADGES, told)) == []

    def test_what_many_rows_would_suffer_is_asked_in_it(self, credly: World, admin_client: Client) -> None:
        chosen = {"_selected_action": [str(template.pk) for template in credly.templates]}
        for action in ("activate", "deactivate"):
            assert english(posting(admin_client, TEMPLATES, {"action": action, **chosen})) == []
        learner = Learner.objects.create(username="ada")
        told = {"action": "retire", "_selected_action": [str(learner.pk)]}
        assert english(posting(admin_client, "/admin/badges/learner/", told)) == []

    def test_an_event_is_tried_in_it(self, earned: World, admin_client: Client) -> None:
        for event in (json.dumps(passing("ada", "OneX")), json.dumps(passing("", "TwoX")), "{", "{}"):
            told = {"event": event, "template": str(earned.templates[0].pk)}
            assert english(posting(admin_client, BENCH, told)) == []

    def test_what_is_wrong_with_rules_is_said_in_it(self, credly: World, admin_client: Client) -> None:
        credly.configure(requirements=[requirement("one", "OneX")])
        rule = BadgeRequirement.objects.get().rules.first()
        assert rule
        page = address_of(BadgeRequirement, "change", rule.requirement_id)
        said = {
            "event_type": PASSING,
            "count": "2",
            "streak": "day",
            "distinct": "a.b",
            "since_0": "2026-02-01",
            "since_1": "00:00",
            "until_0": "2026-01-01",
            "until_1": "00:00",
            "rules-TOTAL_FORMS": "1",
            "rules-INITIAL_FORMS": "1",
            "rules-0-id": str(rule.pk),
            "rules-0-requirement": str(rule.requirement_id),
            "rules-0-path": "is_passing",
        }
        for operator, value in (("eq", "perhaps"), ("lt", "3"), ("exists", "3"), ("matches", "("), ("eq", "")):
            told = {**said, "rules-0-operator": operator, "rules-0-value": value}
            assert english(posting(admin_client, page, told), "is_passing = perhaps", "is_passing <") == []
        unearnable = admin_client.get(f"{TEMPLATES}{credly.templates[1].pk}/change/", headers={"Accept-Language": "es"})
        assert "no se puede activar, porque no tiene ningún requisito." in unearnable.text

    def test_the_trail_stays_in_english(self, credly: World, admin_client: Client) -> None:
        chosen = [str(each.pk) for each in credly.templates]
        told = {"action": "deactivate", "_selected_action": chosen, "confirmed": "1"}
        BadgeTemplate.objects.update(is_active=True)
        answer = admin_client.post(TEMPLATES, told, headers={"Accept-Language": "es"})
        assert [str(message) for message in get_messages(answer.wsgi_request)] == ["Desactivadas: 3."]
        assert {entry.action for entry in AuditEntry.objects.all()} == {"did “Deactivate”"}


class TestPeople:
    def test_the_pages_of_visitors_and_learners_are_translated(self, earned: World, client: Client) -> None:
        badge = Badge.objects.get()
        earned.configure(1, requirements=[requirement("two", "TwoX"), {**requirement("one", "OneX"), "count": 2}])
        public = ["/", "/login/", f"/templates/{badge.template.uuid}/", f"/badges/{badge.uuid}/"]
        for address in (*public, f"/badges/{badge.uuid}/verify/", "/claim/"):
            assert english(getting(client, address)) == [], address
        client.force_login(badge.learner)
        for address in ("/my/", "/my/progress/", "/my/underway/", *public):
            assert english(getting(client, address)) == [], address

    def test_why_a_badge_was_taken_is_told_in_it(self, earned: World, client: Client) -> None:
        badge = Badge.objects.get()
        Badge.objects.update(status=Badge.Status.REVOKED, revoked_at=timezone.now(), revoke_reason=WITHDRAWN)
        client.force_login(badge.learner)
        answer = client.get("/my/", headers={"Accept-Language": "es"})
        assert "Los requisitos ya no se cumplen." in answer.text

    def test_too_many_passwords_are_refused_in_it(self, db: None, client: Client, settings: Any) -> None:
        settings.LOGIN_FAILURES = 1
        told = {"username": "ada", "password": "wrong"}
        client.post("/login/", told)
        assert english(posting(client, "/login/", told)) == []

    @pytest.mark.parametrize("address", ["/login/", "/admin/login/"])
    def test_a_language_that_is_chosen_below_a_page_stays(self, db: None, client: Client, address: str) -> None:
        page = client.get(address, headers={"Accept-Language": "en"})
        assert 'action="/language/"' in page.text
        answer = client.post("/language/", {"language": "es", "next": address}, follow=True)
        assert answer.redirect_chain == [(address, 302)]
        assert "Contraseña" in answer.text
        assert '<option value="es" lang="es" selected>' in answer.text
