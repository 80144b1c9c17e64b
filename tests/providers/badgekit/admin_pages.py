"""The store's pages in the administration as a browser uses them, and rows to show there."""

from typing import Any

from django.contrib.auth.models import Permission
from django.db.models import Model
from django.test import Client
from django.utils import timezone

from credentials_badges.badges.models import Learner
from providers.badgekit.models import Application, Badge, Evidence, Review, ReviewItem, Webhook, WebhookCall
from tests.badges.test_admin import address_of

OLD = "another secret, long enough to be one"


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
