"""Applications and their reviews in the small store, and who is told of them."""

import json
from datetime import UTC, datetime
from typing import Any

from providers.badgekit.models import Application, Badge, Evidence, Review, ReviewItem, System, Webhook, WebhookCall
from tests.providers.badgekit.api import ADA, CODER

CREATED = datetime(2024, 5, 21, 19, 22, 9, tzinfo=UTC)
APPLICATIONS = f"{CODER}/applications"
LINK = {"url": "https://ada.example/engine", "mediaType": "link", "reflection": "I wrote it."}
WORDS = {"url": None, "mediaType": None, "reflection": "And I thought."}
EVE = "eve@example.com"
REVIEWS = f"{APPLICATIONS}/one/reviews"


def apply(slug: str, badge: str = "coder", **told: Any) -> Application:
    """An application with two things as evidence."""
    told = {"learner": ADA, "created": CREATED, **told}
    row = Application.objects.create(slug=slug, badge=Badge.objects.get(slug=badge), **told)
    Evidence.objects.create(application=row, url=LINK["url"], media_type="link", reflection=LINK["reflection"])
    Evidence.objects.create(application=row, reflection=WORDS["reflection"])
    return row


def review(slug: str, criterion: int | None = None, of: str = "one") -> Review:
    """A review that says one thing."""
    row = Review.objects.create(slug=slug, application=Application.objects.get(slug=of), author=EVE, comment="Good.")
    ReviewItem.objects.create(review=row, criterion_id=criterion, satisfied=True, comment="Fine.")
    return row


def hook(system: str = "city", url: str = "https://city.example/hook") -> Webhook:
    """A system wants to be told."""
    return Webhook.objects.create(system=System.objects.get(slug=system), url=url, secret="s")


def told() -> list[dict[str, Any]]:
    """What the webhooks are to be told, oldest first."""
    return [json.loads(call.body) for call in WebhookCall.objects.order_by("pk")]


def wrong(field: str, value: object, message: str = "") -> dict[str, Any]:
    """A refusal of one field."""
    detail = {"field": field, "value": value}
    return {
        "code": "ValidationError",
        "message": "Could not validate required fields",
        "details": [{"message": message, **detail} if message else detail],
    }
