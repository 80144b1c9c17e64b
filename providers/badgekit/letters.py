"""Mails about claims: to those who claim, and to those who review."""

from collections.abc import Iterable

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone

from credentials_badges.badges import posting
from credentials_badges.badges.models import Learner, Mail
from providers.badgekit import receipts, tokens
from providers.badgekit.models import Badge, Claim, ClaimCode, Member
from providers.badgekit.models.folding import is_address


def send_link(code: ClaimCode, email: str, name: str, source: str) -> None:
    """Send a link with which whoever reads the mails of this address claims the code.

    Nothing that the visitor has typed is in it: it may go to somebody who does not know them.
    """
    link = receipts.public(tokens.claim_link(code, email, name, source))
    told = {"badge": code.badge, "link": link, "days": tokens.DAYS}
    _post(email, f"Claim your badge “{code.badge.name}”", "link_mail.txt", told)


def tell_claimant(claim: Claim, words: str = "") -> None:
    """Tell whoever claimed how it stands, in the reviewer's words if there are any, with a link to their claim.

    The link is good also where the code has been deleted since.
    """
    link = receipts.public(tokens.claim_link(claim.code, claim.email, claim.name, claim.source))
    told = {"claim": claim, "badge": claim.badge, "words": words, "link": link, "State": Claim.State}
    _post(claim.email, f"Your claim to “{claim.badge.name}”", "claim_state_mail.txt", told)


def tell_reviewers(badge: Badge) -> None:
    """Tell those who review the system's claims that one waits; whoever has been told is not, until they have looked.

    They are locked, so that of two claims at once only one tells them.
    """
    deciding = Member.objects.filter(system=badge.system_id, role__in=(Member.Role.OWNER, Member.Role.REVIEWER))
    untold = list(deciding.filter(told_at=None).select_for_update().order_by("pk"))
    Member.objects.filter(pk__in=[member.pk for member in untold]).update(told_at=timezone.now())
    users = Learner.objects.filter(pk__in=[member.user_id for member in untold], is_active=True)
    desk = f"{settings.PUBLIC_BASE_URL.rstrip('/')}/desk/{badge.system_id}/claims/"
    told = {"badge": badge, "desk": desk}
    _post_all(users.values_list("email", flat=True), f"A claim to “{badge.name}” waits", "waiting_mail.txt", told)


def _post(to: str, subject: str, template: str, told: dict[str, object]) -> None:
    _post_all([to], subject, template, told)


def _post_all(to: Iterable[str], subject: str, template: str, told: dict[str, object]) -> None:
    text = render_to_string(f"badgekit/{template}", told)
    posting.post([Mail(to=each, subject=" ".join(subject.split()), text=text) for each in to if is_address(each)])
