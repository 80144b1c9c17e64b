"""Rows as Open Badges 2.0 has them, for hosted verification: a document is true because its address answers with it.

Source: https://www.imsglobal.org/sites/default/files/Badges/OBv2p0Final/index.html
"""

import hmac
from collections.abc import Callable, Iterable
from email.utils import parseaddr
from hashlib import sha256
from typing import Any, TypeAlias
from urllib.parse import urlsplit
from uuid import UUID, uuid5

from django.conf import settings
from django.templatetags.static import static
from django.urls import reverse

from credentials_badges.badges import showing, vouching
from credentials_badges.badges.models import Badge, BadgeTemplate
from credentials_badges.badges.shelves import of_the_web
from credentials_badges.badges.vouching import Given, Issuer, Meaning
from credentials_badges.endorsements.models import Endorsement

Document: TypeAlias = dict[str, Any]
CONTEXT = "https://w3id.org/openbadges/v2"
HOSTED = {"type": "HostedBadge"}
NOBODYS = tuple(f"urn:uuid:00000000-0000-4000-8000-{number:012}" for number in range(2))
"""Always in a list of what was revoked: 1EdTech's validator does not look into one with a single entry."""


def assertion(badge: Badge, given: Given) -> Document:
    """That somebody holds the badge. Evidence is not told: learners have shown it to reviewers, not to everybody."""
    told = {
        **_head("Assertion", assertion_address(badge)),
        "recipient": recipient(badge, given.email),
        "badge": class_address(badge.template, given.meant),
        "verification": HOSTED,
        "issuedOn": given.at.isoformat(),
    }
    return {**told, "expires": given.until.isoformat()} if given.until else told


def revoked(badge: Badge) -> Document:
    """What is left of an assertion that holds no more. Why is between the issuer and the learner."""
    return {**_head("Assertion", assertion_address(badge)), "revoked": True}


def recipient(badge: Badge, email: str) -> Document:
    """Whose it is, to whoever knows the address already.

    The salt has to be another for each badge, and the same for ever, since copies of the document hold it; it is no
    secret. So it is made of what is the badge's own, and not of a key, which somebody will exchange one day.
    """
    salt = hmac.digest(badge.uuid.bytes, b"salt of the recipient", "sha256").hex()[:32]
    identity = sha256(f"{email.lower()}{salt}".encode()).hexdigest()
    return {"type": "email", "hashed": True, "salt": salt, "identity": f"sha256${identity}"}


def badge_class(template: BadgeTemplate, meaning: Meaning, meant: int | None = None) -> Document:
    """What the badge stands for, or stood for. A picture is not optional, so one without has ours."""
    then = meaning.told
    url, lines, image = (
        (then.url, then.criteria, then.image_url) if then else (template.url, template.criteria, template.image_url)
    )
    criteria = {"id": of_the_web(url) or showing.address_of_template(template)}
    if lines:
        criteria["narrative"] = "\n".join(f"* {line}" for line in lines)
    told = {
        **_head("BadgeClass", class_address(template, meant)),
        "name": meaning.name or template.name,
        "description": meaning.description or (not then and template.description) or meaning.name or template.name,
        "image": of_the_web(image) or showing.whole(_path(static("badges/icon.svg"))),
        "criteria": criteria,
        "issuer": issuer_address(template.account.provider, meaning.issuer.key),
        "tags": [] if then else [str(skill) for skill in template.skills],
        "alignment": [
            {"targetName": each.name, "targetUrl": each.url, "targetDescription": each.description}
            for each in meaning.standards
            if of_the_web(each.url)
        ],
    }
    return {name: value for name, value in told.items() if value}


def profile(provider: str, issuer: Issuer) -> Document:
    """Who issues. An address and a site are not optional, so those who told none have the service's."""
    told = {
        **_head("Issuer", issuer_address(provider, issuer.key)),
        "name": issuer.name,
        "url": of_the_web(issuer.url) or showing.whole("/"),
        "email": issuer.email or parseaddr(settings.DEFAULT_FROM_EMAIL)[1],
        "description": issuer.description,
        "image": issuer.image_url,
        "revocationList": revocations_address(provider, issuer) if vouching.voucher_of(provider) else "",
    }
    return {name: value for name, value in told.items() if value}


def revocation_list(provider: str, issuer: Issuer, badges: Iterable[UUID]) -> Document:
    """What the issuer has taken back, of copies that stand alone. Hosted ones are asked for at their own address."""
    gone = [*NOBODYS, *map(signed_id, badges)]
    return {
        **_head("RevocationList", revocations_address(provider, issuer)),
        "issuer": issuer_address(provider, issuer.key),
        "revokedAssertions": [{"id": each} for each in gone],
    }


def endorsement(said: Endorsement, speaker: Issuer) -> Document:
    """What a third party says of what it names."""
    when = said.answered_at.isoformat() if said.answered_at else ""
    thing = endorsed(said, assertion_address, class_address, issuer_address, showing.whole("/"))
    return {
        **_head("Endorsement", endorsement_address(said)),
        "claim": {"id": thing, "endorsementComment": said.text},
        "issuer": issuer_address(said.voice[0], speaker.key),
        "issuedOn": when,
        "verification": HOSTED,
    }


def revoked_endorsement(said: Endorsement) -> Document:
    """What is left of one that was taken back. Why is between the endorser and whoever asked."""
    return {**_head("Endorsement", endorsement_address(said)), "revoked": True}


def endorsed(
    said: Endorsement,
    badge: Callable[[Badge], str],
    template: Callable[[BadgeTemplate], str],
    issuer: Callable[[str, str], str],
    elsewhere: str,
) -> str:
    """What the endorsed thing is called: by its document, as these name it, if it is given here, else by its page."""
    provider = said.account.provider
    is_ours = vouching.voucher_of(provider) is not None
    if said.badge:
        return badge(said.badge) if is_ours else showing.address_of(said.badge)
    if said.template:
        return template(said.template) if is_ours else showing.address_of_template(said.template)
    return issuer(provider, said.issuer_key) if is_ours else elsewhere


def signed_id(badge: UUID) -> str:
    """What a signed copy is called, and told to be revoked by: nobody finds the badge's page by it."""
    return uuid5(badge, "signed").urn


def assertion_address(badge: Badge) -> str:
    """Where it is asked whether the badge holds."""
    return showing.whole(reverse("ob_assertion", args=[badge.uuid]))


def class_address(template: BadgeTemplate, meant: int | None = None) -> str:
    """Where its badges are described, or those that were given when it stood for something else."""
    address = showing.whole(reverse("ob_badge_class", args=[template.uuid]))
    return f"{address}?meant={meant}" if meant else address


def issuer_address(provider: str, key: str) -> str:
    """Where the issuer is described."""
    return showing.whole(reverse("ob_issuer", args=[provider, key]))


def revocations_address(provider: str, issuer: Issuer) -> str:
    """Where it is asked what the issuer has revoked."""
    return showing.whole(reverse("ob_revocations", args=[provider, issuer.key]))


def endorsement_address(said: Endorsement) -> str:
    """Where it is asked what a third party says."""
    return showing.whole(reverse("ob_endorsement", args=[said.uuid]))


def _head(kind: str, address: str) -> Document:
    return {"@context": CONTEXT, "type": kind, "id": address}


def _path(url: str) -> str:
    return urlsplit(url).path
