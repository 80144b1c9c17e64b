"""A city whose store is here, with a badge that Ada holds; an account at Credly; and whoever works for them."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from credentials_badges.badges.models import AccountMember, Badge, BadgeTemplate, Learner, ProviderAccount
from credentials_badges.endorsements import answering, asking, targets
from credentials_badges.endorsements.asking import Asked
from credentials_badges.endorsements.models import Endorsement
from credentials_badges.endorsements.targets import Target
from providers.badgekit.models import Issuer, Program, System
from tests.providers.badgekit.api import hold, store
from tests.providers.badgekit.desk import member

GIVEN = datetime(2026, 3, 1, 12, tzinfo=UTC)
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
ROSA = "rosa@roth.example"
KINDS = ("template", "badge", "programme", "issuer", "elsewhere")


@dataclass
class World:
    """Rows by what they are."""

    account: ProviderAccount
    """Of the city's system; endorsements are switched on."""
    template: BadgeTemplate
    badge: Badge
    """Ada's, of that template."""
    ada: Learner
    owner: Learner
    """Of the city's system."""
    credly: ProviderAccount
    """Switched on, too."""
    credly_template: BadgeTemplate
    clerk: Learner
    """An issuer of Credly's account, and of nothing else."""

    def target(self, kind: str = "template") -> Target:
        """What can be endorsed, of each kind; `elsewhere` is the account at Credly."""
        idents = {
            "template": ("template", str(self.template.uuid)),
            "badge": ("badge", str(self.badge.uuid)),
            "programme": ("programme", f"{self.account.pk}-program-{Program.objects.get(slug='club').pk}"),
            "library": ("issuer", f"{self.account.pk}-issuer-{Issuer.objects.get(slug='library').pk}"),
            "issuer": ("issuer", f"{self.account.pk}-system-{System.objects.get(slug='city').pk}"),
            "elsewhere": ("issuer", f"{self.credly.pk}-account"),
        }
        found = targets.find(*idents[kind])
        assert found is not None, kind
        return found

    def ask(self, kind: str = "template", email: str = ROSA, **told: Any) -> Endorsement:
        """One request by the owner, at `NOW` unless another moment is told."""
        told = {"now": NOW, "message": "Please do.", **told}
        name, language = told.pop("name", "Rosa Roth"), told.pop("language", "en")
        by = told.pop("by", self.owner)
        asked = Asked(name=name, email=email, language=language)
        (made,) = asking.ask(self.target(kind), by, people=[asked], **told).made
        return made

    def accepted(self, kind: str = "template", email: str = ROSA, **told: Any) -> Endorsement:
        """One that was accepted an hour after it was asked for."""
        said = {"text": "It is **good**.", "in_name_of": "Roth & Co.", "url": "https://roth.example/", "voice": None}
        said |= {name: told.pop(name) for name in list(told) if name in said}
        made = self.ask(kind, email, **told)
        assert answering.accept(made, now=made.asked_at + timedelta(hours=1), **said)
        return made


def build() -> World:
    """The store has to be empty before."""
    store()
    account = ProviderAccount.objects.create(
        provider="badgekit", external_id="city", name="Our city", endorsements_enabled=True
    )
    template = BadgeTemplate.objects.create(
        account=account,
        external_id="coder",
        name="Coder",
        description="Do it.",
        image_url="https://pictures.example/badge.png",
        is_active=True,
        state="active",
    )
    ada = Learner.objects.create(username="ada99", email="ada@new.example", full_name="Ada Lovelace")
    hold("Ada@Example.com", slug="held", recipient_id=str(ada.uuid), issued_on=GIVEN)
    credly = ProviderAccount.objects.create(
        provider="credly", external_id="harbour", name="Harbour School", endorsements_enabled=True
    )
    clerk = Learner.objects.create(username="harbour-clerk", email="clerk@harbour.example", is_staff=True)
    AccountMember.objects.create(account=credly, user=clerk, role=AccountMember.Role.ISSUER)
    return World(
        account=account,
        template=template,
        badge=_given(ada, template, "held"),
        ada=ada,
        owner=member("owner"),
        credly=credly,
        credly_template=BadgeTemplate.objects.create(
            account=credly, external_id="sailor", name="Sailor", is_active=True, state="active"
        ),
        clerk=clerk,
    )


def _given(learner: Learner, template: BadgeTemplate, external_id: str) -> Badge:
    return Badge.objects.create(
        learner=learner,
        template=template,
        account=template.account,
        awarded_at=GIVEN,
        earned_at=GIVEN,
        external_id=external_id,
        external_state="accepted",
        external_url=f"https://badges.example/public/assertions/{external_id}",
    )


def fresh(endorsement: Endorsement) -> Endorsement:
    """As it stands in the database."""
    return Endorsement.objects.get(pk=endorsement.pk)
