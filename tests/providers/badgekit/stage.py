"""The store, as the contract's suite asks for it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from credentials_badges.contract.data import Account, IssueOrder, Recipient
from credentials_badges.contract.provider import Provider
from providers.badgekit.models import Badge, BadgeInstance, ClaimCode, Issuer, Program, System
from providers.badgekit.provider import BadgeKitProvider

LEARNER = Recipient(id="learner-1", email="Ada@Example.com", full_name="Ada Lovelace")


@dataclass
class Stage:
    """A store with one system that has a badge in each context, and another system beside it."""

    secret: str = "no-key-is-needed"
    template_ids: set[str] = field(default_factory=lambda: {"reader", "librarian", "coder", "retired"})

    def __post_init__(self) -> None:
        city = System.objects.create(slug="city", name="The City")
        library = Issuer.objects.create(slug="library", name="The Library", system=city)
        club = Program.objects.create(slug="club", name="Code Club", issuer=library)
        village = System.objects.create(slug="village", name="The Village")
        Badge.objects.create(slug="reader", name="Reader", type="skill", system=city, earner_description="Read.")
        Badge.objects.create(slug="librarian", name="Librarian", type="skill", system=city, issuer=library)
        Badge.objects.create(slug="coder", name="Coder", type="skill", system=city, issuer=library, program=club)
        Badge.objects.create(slug="retired", name="Retired", type="skill", system=city, archived=True)
        Badge.objects.create(slug="farmer", name="Farmer", type="skill", system=village)

    def order(self) -> IssueOrder:
        return IssueOrder(
            key="6f1c1b62-0000-4000-8000-00000000000a",
            template_id="reader",
            recipient=LEARNER,
            issued_at=datetime(2024, 5, 21, tzinfo=UTC),
        )

    def held(self, order: IssueOrder) -> int:
        theirs = {"badge__slug": order.template_id, "recipient_id": order.recipient.id}
        without_code = BadgeInstance.objects.filter(claim_code=None, **theirs).count()
        return ClaimCode.objects.filter(cancelled_at=None, **theirs).count() + without_code


def claim(code: str) -> BadgeInstance:
    """What a claim leaves behind."""
    row = ClaimCode.objects.get(code=code)
    ClaimCode.objects.filter(pk=row.pk).update(claimed=True)
    return BadgeInstance.objects.create(slug=f"{code}-held", badge=row.badge, email=row.email or "", claim_code=row)


class BadgeKitFixtures:
    """The provider and its store."""

    @pytest.fixture
    def provider(self) -> Provider:
        return BadgeKitProvider()

    @pytest.fixture
    def account(self) -> Account:
        return Account(external_id="city", api_key="no-key-is-needed")

    @pytest.fixture
    def stage(self, db: None) -> Iterator[Stage]:
        yield Stage()  # noqa: PT022 (The suite's fixtures are iterators.)
