"""Mails about claims: to those who claim, and to those who review.

Who has asked for one is answered in the language of their page; others are written to in the service's own, since
nobody knows theirs.
"""

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from credentials_badges.badges import posting
from credentials_badges.badges.models import Learner, Mail
from credentials_badges.badges.models.addresses import is_address
from providers.badgekit import receipts, tokens
from providers.badgekit.models import Badge, Claim, ClaimCode, Member


def send_link(code: ClaimCode, email: str, name: str, source: str) -> None:
    """Send a link with which whoever reads the mails of this address claims the code.

    Nothing that the visitor has typed is in it: it may go to somebody who does not know them.
    """
    link = receipts.public(tokens.claim_link(code, email, name, source))
    told = {"badge": code.badge, "link": link, "days": tokens.DAYS}
    _post([email], _("Claim your badge “%(badge)s”"), "link_mail.txt", told)


def tell_claimant(claim: Claim, words: str = "") -> None:
    """Tell whoever claimed how it stands, in the reviewer's words if there are any, with a link to their claim.

    The link is good also where the code has been deleted since.
    """
    link = receipts.public(tokens.claim_link(claim.code, claim.email, claim.name, claim.source))
    told = {"claim": claim, "badge": claim.badge, "words": words, "link": link, "State": Claim.State}
    language = None if claim.state == Claim.State.SUBMITTED else settings.LANGUAGE_CODE
    _post([claim.email], _("Your claim to “%(badge)s”"), "claim_state_mail.txt", told, language)


def tell_reviewers(badge: Badge) -> None:
    """Tell those who review the system's claims that one waits; whoever has been told is not, until they have looked.

    They are locked, so that of two claims at once only one tells them.
    """
    deciding = Member.objects.filter(system=badge.system_id, role__in=(Member.Role.OWNER, Member.Role.REVIEWER))
    untold = list(deciding.filter(told_at=None).select_for_update().order_by("pk"))
    Member.objects.filter(pk__in=[member.pk for member in untold]).update(told_at=timezone.now())
    users = Learner.objects.filter(pk__in=[member.user_id for member in untold], is_active=True)
    desk = f"{settings.PUBLIC_BASE_URL.rstrip('/')}/desk/{badge.system_id}/claims/"
    emails = users.values_list("email", flat=True)
    told = {"badge": badge, "desk": desk}
    _post(emails, _("A claim to “%(badge)s” waits"), "waiting_mail.txt", told, settings.LANGUAGE_CODE)


def _post(
    to: Iterable[str], subject: Promise, template: str, told: dict[str, Any], language: str | None = None
) -> None:
    """Write the mail now, in the language of the page unless another is said."""
    with translation.override(language or translation.get_language()):
        title = str(subject) % {"badge": told["badge"].name}
        text = render_to_string(f"badgekit/{template}", told)
    posting.post([Mail(to=each, subject=" ".join(title.split()), text=text) for each in to if is_address(each)])
