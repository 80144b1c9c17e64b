"""Mails about endorsements: to endorsers in the language in which they are asked, to those who ask in the service's.

They are written in the transaction of what they tell of, and go out one after the other for each endorsement.
"""

from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from credentials_badges.badges import posting
from credentials_badges.badges.locking import locked_learners
from credentials_badges.badges.models import Mail
from credentials_badges.badges.models.addresses import is_address
from credentials_badges.endorsements import targets, tidying
from credentials_badges.endorsements.links import whole_link
from credentials_badges.endorsements.models import Endorsement


def request(endorsement: Endorsement) -> Mail | None:
    """Who asks for what, in their words, with the link; it is for the caller to post."""
    return _to_endorser(endorsement, _("%(organisation)s asks you to endorse “%(name)s”"), "request_mail.txt")


def remind(endorsement: Endorsement) -> None:
    """That it still waits for an answer."""
    _post(
        _to_endorser(endorsement, _("A reminder: %(organisation)s asks you to endorse “%(name)s”"), "reminder_mail.txt")
    )


def tell_cancelled(endorsement: Endorsement) -> None:
    """That there is nothing to do any more."""
    subject = _("%(organisation)s no longer asks you to endorse “%(name)s”")
    _post(_to_endorser(endorsement, subject, "cancelled_mail.txt"))


def thank(endorsement: Endorsement) -> None:
    """That their words are public, and how they take them back."""
    _post(_to_endorser(endorsement, _("Thank you for endorsing “%(name)s”"), "thanks_mail.txt"))


def tell_answer(endorsement: Endorsement) -> None:
    """Tell whoever asked that it was accepted, declined or revoked, and why, if the endorser says so."""
    subject = {
        Endorsement.State.ACCEPTED: _("%(endorser)s has endorsed “%(name)s”"),
        Endorsement.State.DECLINED: _("%(endorser)s would rather not endorse “%(name)s”"),
        Endorsement.State.REVOKED: _("%(endorser)s has revoked the endorsement of “%(name)s”"),
    }[Endorsement.State(endorsement.state)]
    asked_by = next(iter(locked_learners(pk=endorsement.asked_by_id, retired_at=None, is_active=True)), None)
    if asked_by and targets.accounts_of(asked_by).filter(pk=endorsement.account_id).exists():
        _post(_mail(endorsement, asked_by.email, subject, "answered_mail.txt", settings.LANGUAGE_CODE))


def _to_endorser(endorsement: Endorsement, subject: Promise, template: str) -> Mail | None:
    return _mail(endorsement, endorsement.endorser_email, subject, template, endorsement.language)


def _mail(endorsement: Endorsement, to: str, subject: Promise, template: str, language: str) -> Mail | None:
    """The mail, in that language; None if nobody can be reached there."""
    if not is_address(to):
        return None
    target = targets.of(endorsement)
    name = target.name if target else endorsement.organisation
    named = {"organisation": endorsement.organisation, "name": name, "endorser": endorsement.endorser_name}
    told: dict[str, Any] = {
        **named,
        "endorsement": endorsement,
        "State": Endorsement.State,
        "page": target.address if target else "",
        "link": whole_link(endorsement),
    }
    with translation.override(language):
        title = tidying.line(str(subject) % named)
        text = render_to_string(f"endorsements/{template}", {**told, "kind": endorsement.get_kind_display()})
    return Mail(to=to, subject=title, text=text, topic=str(endorsement.uuid))


def _post(mail: Mail | None) -> None:
    if mail:
        posting.post([mail])
