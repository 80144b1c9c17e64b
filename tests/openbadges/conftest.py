"""The small store, an account of ours for its city, and a badge of the Code Club that Ada holds."""

from datetime import UTC, datetime
from typing import Any

import pytest

from credentials_badges.badges.models import Badge, BadgeTemplate, Learner, ProviderAccount
from tests.providers.badgekit.api import hold, store

GIVEN = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def badge(db: None, settings: Any) -> Badge:
    """Given at once; its address is written as somebody typed it."""
    settings.PUBLIC_BASE_URL = "https://badges.example/"
    store()
    account = ProviderAccount.objects.create(provider="badgekit", external_id="city", name="Our city")
    template = BadgeTemplate.objects.create(
        account=account,
        external_id="coder",
        name="Coder",
        description="Do it.",
        image_url="https://pictures.example/badge.png",
        url="https://city.example/criteria",
        criteria=["Write a program.", "Show it."],
        skills=["Python"],
    )
    ada = Learner.objects.create(username="ada99", email="ada@new.example", full_name="Ada Lovelace")
    hold("Ada@Example.com", slug="held", recipient_id=str(ada.uuid), issued_on=GIVEN)
    return Badge.objects.create(
        learner=ada,
        template=template,
        account=account,
        awarded_at=GIVEN,
        earned_at=GIVEN,
        external_id="held",
        external_state="accepted",
        external_url="https://badges.example/public/assertions/held",
    )
