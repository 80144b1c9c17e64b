"""Claims that are reviewed: a code that asks for evidence, somebody who claims it, and somebody who decides."""

from pathlib import Path
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from credentials_badges.badges.models import Learner, Mail
from providers.badgekit import evidence, reviewing
from providers.badgekit.claims import Claimant
from providers.badgekit.models import Claim, ClaimCode
from tests.providers.badgekit.api import PNG
from tests.providers.badgekit.claim_page import code


def reviewed(text: str = "review-me", **told: Any) -> ClaimCode:
    return code(text, **{"multiuse": True, "needs_approval": True, "evidence": "required", **told})


def photo(name: str = "boat.png") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, PNG, "image/png")


def claimed(of: ClaimCode | None = None, email: str = "sam@example.net", learner: Learner | None = None) -> Claim:
    """A claim under review, with a text."""
    who = Claimant(learner=learner, name="Sam", evidence=[evidence.text("I built a boat.")], is_reviewed=True)
    claim = reviewing.submit(of or reviewed(), email, who)
    assert claim is not None
    return claim


def fresh(claim: Claim) -> Claim:
    """As it is by now."""
    return Claim.objects.select_related("code", "badge__system").get(pk=claim.pk)


def mails_to(email: str) -> list[Mail]:
    return list(Mail.objects.filter(to=email).order_by("pk"))


def files(folder: Path) -> list[str]:
    """What is stored in it, by its path there."""
    return sorted(str(each.relative_to(folder)) for each in folder.rglob("*") if each.is_file())
