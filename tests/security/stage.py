"""A row for every page of the service: of a city, whose people look around, and of a village that they must not see."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group
from django.db.models import Model
from django.test import Client, RequestFactory
from django.utils import timezone
from django_celery_beat.models import ClockedSchedule, CrontabSchedule, IntervalSchedule, PeriodicTask, SolarSchedule
from rest_framework.authtoken.models import Token

from credentials_badges.badges.models import (
    AuditEntry,
    Badge,
    BadgeTemplate,
    Learner,
    Mail,
    ProviderAccount,
    Recomputation,
    WebhookDelivery,
)
from credentials_badges.endorsements import answering
from credentials_badges.endorsements.models import Endorsement
from credentials_badges.eventbus.models import Announcement
from credentials_badges.openbadges import keys
from providers.badgekit import evidence
from providers.badgekit.models import Badge as StoredBadge
from providers.badgekit.models import (
    Batch,
    CodeVisits,
    System,
    Webhook,
)
from providers.badgekit.models.claims import evidence_storage
from providers.badgekit.tokens import claim_link
from tests.badges.test_admin import populate
from tests.providers.badgekit.admin_pages import application, call
from tests.providers.badgekit.api import hold, make, milestone, store
from tests.providers.badgekit.claim_page import browser
from tests.providers.badgekit.claims_world import claim, upload
from tests.providers.badgekit.desk import member

PASSWORD = "a long word of nobody's"
SECRET = "not-for-your-eyes"
"""Is in every text of the village."""
FOR_ALL_STAFF = {"admin/", "admin/search/", "admin/jsi18n/", "admin/password_change/", "admin/password_change/done/"}


def people() -> dict[str, Learner]:
    """Whoever comes; all but the last may see nothing of the village."""
    made = {
        "learner": Learner.objects.create(username="ada", email="ada@example.com"),
        "other learner": Learner.objects.create(username="ben", email="ben@example.com"),
        "clerk": Learner.objects.create(username="clerk", is_staff=True),
        "reviewer": member("reviewer"),
        "owner": member("owner"),
        "administrator": Learner.objects.create(username="root", is_staff=True, is_superuser=True),
    }
    for each in made.values():
        each.set_password(PASSWORD)
        each.save()
    return made


def signed_in(learner: Learner | None, **options: Any) -> Client:
    """A browser, of nobody if it is None."""
    client = browser(raise_request_exception=False, **options)
    if learner:
        client.force_login(learner)
    return client


def claimant() -> Learner:
    """Somebody who has claimed a badge of the village."""
    return Learner.objects.get_or_create(username="claimant", email=f"another-{SECRET}@example.com")[0]


def build(folder: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """All rows; returns what addresses call those of the village. Files lie in the folder."""
    monkeypatch.setitem(vars(evidence_storage()), "location", str(folder))
    store()
    populate(range(1))
    _tables_of_others()
    now = timezone.now()
    template = BadgeTemplate.objects.filter(account__provider="credly")[0]
    job = Recomputation.objects.create(created_at=now, finished_at=now)
    job.templates.add(template)
    for name in ("deliveries", "webhook"):
        WebhookDelivery.objects.create(provider="credly", delivery_id=name, not_before=now, received_at=now)
    Mail.objects.create(
        topic="mail", to="x@example.com", subject="Hello", text=SECRET, html="<p>", not_before=now, created_at=now
    )
    Announcement.objects.create(topic="badge", deed="awarded", not_before=now, created_at=now)
    AuditEntry.objects.create(at=now, actor_name=SECRET, via="admin", action="changed")
    Webhook.objects.create(system=System.objects.get(slug="city"), url="https://city.example/hook", secret=SECRET)
    call()
    application()
    milestone("coder", "reader")
    Badge.objects.update(external_url="https://provider.example/badge", external_state="accepted")
    _place("city", "coder")
    known = {"uuid": Badge.objects.get(account__provider="credly").uuid, "network": "x", "provider": "credly"}
    known |= _given()
    known |= {"section": "earned", "backend": "oidc"}
    token = ProviderAccount.objects.get(provider="credly").webhook_token
    return {**known, "token": token, **_place("village", "farmer"), **_endorsements()}


def _endorsements() -> dict[str, Any]:
    """Of the village, in each state; and of the badge that everybody sees, one that is public."""
    village = System.objects.get(slug="village")
    account = ProviderAccount.objects.create(
        provider="badgekit", external_id="village", name=SECRET, endorsements_enabled=True
    )
    key, now = f"system-{village.pk}", timezone.now()
    told = {"asked_at": now, "expires_at": now + timedelta(days=30), "language": "en", "organisation": SECRET}
    about = {"account": account, "kind": "issuer", "issuer_key": key, **told}
    said = {"text": f"*{SECRET}* works. [See](https://{SECRET}.example/)", "in_name_of": SECRET, "message": SECRET}
    rows = [
        Endorsement(
            state=state, endorser_name=f"{state} {SECRET}", endorser_email=f"{SECRET}@example.com", **about, **said
        )
        for state in Endorsement.State.values
    ]
    Endorsement.objects.bulk_create(rows)
    public = {"state": "accepted", "answered_at": now, "in_name_of": "Harbour Office", "text": "It **holds**."}
    for template in BadgeTemplate.objects.filter(account__external_id__in=("city", "credly-0")):
        columns = {**told, **public, "organisation": "Harbour"}
        row = Endorsement.objects.create(account=template.account, kind="template", template=template, **columns)
    keys.of("badgekit", key)
    asked = {"asked": answering.link(rows[0]).split("/")[2], "endorsement": rows[0].uuid}
    return {"kind": "issuer", "ident": f"{account.pk}-{key}", "said": row.uuid, **asked}


def _given() -> dict[str, Any]:
    """A badge of the city's that was given here, by what addresses of its documents call it."""
    badge = Badge.objects.get(account__provider="badgekit")
    ProviderAccount.objects.filter(pk=badge.account_id).update(external_id="city")
    BadgeTemplate.objects.filter(pk=badge.template_id).update(external_id="reader")
    hold(slug=badge.external_id, badge="reader")
    issuer = f"system-{System.objects.get(slug='city').pk}"
    return {"given": badge.uuid, "template": badge.template.uuid, "issuer": issuer}


def _place(slug: str, of: str) -> dict[str, Any]:
    """A system's rows by the names that addresses have for them."""
    system, stored = System.objects.get(slug=slug), StoredBadge.objects.get(slug=of)
    if slug == "village":
        System.objects.filter(pk=system.pk).update(name=SECRET, description=SECRET)
        StoredBadge.objects.filter(pk=stored.pk).update(name=SECRET, consumer_description=SECRET)
    secret = SECRET if slug == "village" else slug
    batch = Batch.objects.create(badge=stored, label=secret)
    code = make(f"{secret}-many", of, multiuse=True, limit=None, batch=batch, label=secret)
    waiting = claim(f"{secret}@example.com", of, (evidence.file(upload()),))
    own = claim(f"another-{secret}@example.com", of, learner=claimant() if slug == "village" else None)
    CodeVisits.objects.create(code=code, kind="viewed", count=1)
    return {
        "system": system.pk,
        "badge": stored.pk,
        "batch": batch.pk,
        "code": code.pk,
        "claim": waiting.pk,
        "own claim": own.pk,
        "evidence": waiting.evidence.get().pk,
        "username": member("reader", slug).username,
        "text": code.code,
        "slug": slug,
        "link": claim_link(code, "x@example.com").split("/")[2],
    }


def _tables_of_others() -> None:
    """Rows of Django's and its friends' own pages."""
    Group.objects.create(name="clerks")
    Token.objects.get_or_create(user=Learner.objects.all()[0])
    interval = IntervalSchedule.objects.create(every=1, period="hours")
    PeriodicTask.objects.create(name="one", task="badges.purge", interval=interval)
    CrontabSchedule.objects.create()
    ClockedSchedule.objects.create(clocked_time=timezone.now() + timedelta(days=1))
    SolarSchedule.objects.create(event="sunrise", latitude=1, longitude=1)


def row_of(model: type[Model]) -> Model:
    """A row for the model's pages in the administration."""
    options = admin.site.get_model_admin(model)
    row = options.get_queryset(_asked_by_root()).first()
    assert row is not None, f"tests/security/stage.py makes no {model._meta.label}, whose pages cannot be walked"
    return row


def _asked_by_root() -> Any:
    request = RequestFactory().get("/admin/")
    request.user = Learner.objects.get(username="root")
    return request
