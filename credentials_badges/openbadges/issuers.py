"""Who issues documents, and what they are called in them: organisations of a store here, and endorsers from outside."""

from urllib.parse import quote, urlsplit

from django.urls import reverse

from credentials_badges.badges import showing, vouching
from credentials_badges.badges.vouching import Issuer
from credentials_badges.endorsements import models as endorsed

UNNAMED = "An endorser who is not named any more"
"""Whose copies have to be told that they hold no longer."""


def find(provider: str, key: str) -> Issuer | None:
    """Who has that key at that provider."""
    if provider == endorsed.OUTSIDE:
        spoken = endorsed.of_outside(key)
        if spoken is None:
            return None
        is_public = spoken.state == endorsed.Endorsement.State.ACCEPTED and spoken.in_name_of
        return Issuer(key=key, name=spoken.in_name_of, url=spoken.url) if is_public else Issuer(key=key, name=UNNAMED)
    voucher = vouching.voucher_of(provider)
    found = voucher.issuer(key) if voucher else None
    return found if found and found.key == key else None


def did(provider: str, key: str) -> str:
    """Its decentralized identifier, which leads to where its keys are read.

    Source: https://w3c-ccg.github.io/did-method-web/
    """
    address = urlsplit(address_of(provider, key))
    return ":".join(["did:web", quote(address.netloc, safe=""), *address.path.strip("/").split("/")])


def address_of(provider: str, key: str) -> str:
    """Where it is described as Open Badges 3.0 has it; its keys are read below."""
    return showing.whole(reverse("ob3_issuer", args=[provider, key]))
