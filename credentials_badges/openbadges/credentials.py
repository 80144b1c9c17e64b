"""Rows as Open Badges 3.0 has them, to be signed: whoever has a copy can check it without asking where it came from.

Source: https://www.imsglobal.org/spec/ob/v3p0
"""

from datetime import UTC, datetime
from typing import Any, TypeAlias
from uuid import NAMESPACE_URL, uuid5

from django.urls import reverse
from django.utils.encoding import iri_to_uri

from credentials_badges.badges import showing
from credentials_badges.badges.models import Badge, BadgeTemplate
from credentials_badges.badges.shelves import of_the_web
from credentials_badges.badges.vouching import Given, Issuer, Meaning
from credentials_badges.endorsements.models import Endorsement
from credentials_badges.openbadges import documents, issuers, status

Document: TypeAlias = dict[str, Any]
W3C = "https://www.w3.org/ns/credentials/v2"
CONTEXT = [W3C, "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"]
"""In this order. Whoever reads them has them: nothing is fetched when a document is signed."""

LONGEST_TEXT, LONGEST_NAME, MOST_STANDARDS = 5_000, 250, 25
"""Of what a store says: readers take no more than 256 KB, and whoever signs counts every word."""


def credential(badge: Badge, given: Given, meaning: Meaning, form: str = "") -> Document:
    """That somebody holds the badge. Who, is told as in Open Badges 2.0: to those who know the address already."""
    identity = documents.recipient(badge, given.email)
    issuer = (badge.account.provider, meaning.issuer.key)
    told = {
        "@context": CONTEXT,
        "id": address_of(badge),
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "name": meaning.name or badge.template.name,
        "issuer": profile(*issuer, meaning.issuer),
        "validFrom": _moment(given.at),
        "validUntil": _moment(given.until) if given.until else "",
        "awardedDate": _moment(badge.awarded_at),
        "credentialSubject": {
            # Tokens need one; it says nothing of who it is, and is another for each badge.
            "id": uuid5(badge.uuid, "holder").urn,
            "type": ["AchievementSubject"],
            "identifier": [
                {
                    "type": "IdentityObject",
                    "hashed": True,
                    "identityHash": identity["identity"],
                    "identityType": "emailAddress",
                    "salt": identity["salt"],
                }
            ],
            "achievement": achievement(badge.template, meaning, given.meant),
        },
        "credentialStatus": status.entry(status.BADGES, badge, issuer, form),
    }
    return _full(told)


def achievement(template: BadgeTemplate, meaning: Meaning, meant: int | None = None) -> Document:
    """What the badge stands for, or stood for."""
    whole = documents.badge_class(template, meaning, meant)
    description = whole["description"][:LONGEST_TEXT]
    narrative = whole["criteria"].get("narrative", description)[:LONGEST_TEXT]
    told = {
        "id": achievement_address(template, meant),
        "type": ["Achievement"],
        "name": whole["name"],
        "description": description,
        "criteria": {"id": _url(whole["criteria"]["id"]), "narrative": narrative},
        "image": _image(whole["image"]),
        "tag": whole.get("tags"),
        "alignment": [
            {
                "type": ["Alignment"],
                "targetName": each.name[:LONGEST_NAME],
                "targetUrl": _url(each.url),
                "targetDescription": (each.description or each.name)[:LONGEST_NAME],
            }
            for each in meaning.standards[:MOST_STANDARDS]
            if _url(each.url)
        ],
    }
    return _full(told)


def profile(provider: str, key: str, issuer: Issuer) -> Document:
    """Who issues, or endorses."""
    told = {
        "id": issuers.did(provider, key),
        "type": ["Profile"],
        "name": issuer.name,
        "url": _url(issuer.url),
        "email": issuer.email,
        "description": issuer.description,
        "image": _image(issuer.image_url),
    }
    return _full(told)


def endorsement(said: Endorsement, form: str = "") -> Document | None:
    """What a third party says of a badge, a template, or an issuer; None if nobody here knows that party any more."""
    voice = said.voice
    speaker = issuers.find(*voice)
    if speaker is None or said.answered_at is None:
        return None
    elsewhere = uuid5(NAMESPACE_URL, f"{said.account.provider}:{said.account.external_id}").urn
    told = {
        "@context": CONTEXT,
        "id": showing.whole(reverse("ob3_endorsement", args=[said.uuid])),
        "type": ["VerifiableCredential", "EndorsementCredential"],
        "name": f"Endorsement by {said.in_name_of or speaker.name}",
        "issuer": profile(*voice, speaker),
        "validFrom": _moment(said.answered_at),
        "credentialSubject": {
            "id": documents.endorsed(said, address_of, achievement_address, issuers.did, elsewhere),
            "type": ["EndorsementSubject"],
            "endorsementComment": said.text,
        },
        "credentialStatus": status.entry(status.ENDORSEMENTS, said, voice, form),
    }
    return _full(told)


def address_of(badge: Badge) -> str:
    """Where the credential is read."""
    return showing.whole(reverse("ob3_credential", args=[badge.uuid]))


def achievement_address(template: BadgeTemplate, meant: int | None = None) -> str:
    """Where it is described what the credential is given for."""
    address = showing.whole(reverse("ob3_achievement", args=[template.uuid]))
    return f"{address}?meant={meant}" if meant else address


def _moment(moment: datetime) -> str:
    """In whole seconds: tokens have no smaller ones."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _url(url: str) -> str:
    """As it may stand in a signed document, where what is no address would be left out of what is signed."""
    return iri_to_uri(of_the_web(url))


def _image(url: str) -> Document | None:
    return {"id": _url(url), "type": "Image"} if _url(url) else None


def _full(told: Document) -> Document:
    """Without what has not been said: there are no empty texts in these documents."""
    return {name: value for name, value in told.items() if value}
