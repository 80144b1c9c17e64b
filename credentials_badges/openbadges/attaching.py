"""Endorsements within the documents of what is endorsed, and all of it signed."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db.models import Q

from credentials_badges.badges.models import ProviderAccount
from credentials_badges.endorsements.models import Endorsement
from credentials_badges.openbadges import credentials, documents, holding, keys
from credentials_badges.openbadges.answers import Unavailable
from credentials_badges.openbadges.credentials import Document

MOST = 5
"""Endorsements of one thing in a token, the newest: each adds its own signature to what has to be checked."""
MOST_IN_DOCUMENT = 1
"""A proof is about what follows from a document. Of two who speak of one thing, their words could be exchanged."""
MOST_BYTES = 20_000
"""Of words of endorsers about one thing; readers take no more than 256 KB for a whole badge."""
TOKEN = "token"  # noqa: S105 (A form of documents.)


def token(held: holding.Held) -> str:
    """The credential as a VC-JWT, with endorsements that are tokens themselves."""
    whole, issuer = _whole(held, "endorsementJwt", endorsement_token, TOKEN)
    return keys.sign_token(*issuer, whole)


def document(held: holding.Held, now: datetime) -> Document:
    """The credential with a proof, with endorsements that have proofs of their own.

    Tokens in it would be lost to those who have an older context, and the signature with them: they are left out. So
    are those of the badge itself, since what is said of a document within it would change what the document says.
    """
    whole, issuer = _whole(held, "endorsement", lambda said: endorsement_document(said, now))
    return keys.sign_document(*issuer, whole, now)


def endorsement_token(said: Endorsement) -> str | None:
    """One endorsement as a VC-JWT."""
    told = credentials.endorsement(said, TOKEN)
    return keys.sign_token(*said.voice, told) if told else None


def endorsement_document(said: Endorsement, now: datetime) -> Document | None:
    """One endorsement with a proof."""
    told = credentials.endorsement(said)
    return keys.sign_document(*said.voice, told, now) if told else None


def addresses(which: Q) -> list[str]:
    """Where those endorsements are read as Open Badges 2.0 has them."""
    return [documents.endorsement_address(said) for said in _given(which, MOST)]


def of_issuer(account: ProviderAccount, key: str) -> Q:
    """Which endorse that issuer of the account."""
    return Q(account=account, issuer_key=key)


def _whole(
    held: holding.Held, name: str, signed: Callable[[Endorsement], Any], form: str = ""
) -> tuple[Document, tuple[str, str]]:
    """The credential with the endorsements of the badge, the template and the issuer; and who signs it."""
    badge, given = held.badge, held.given
    meaning = holding.meaning_of(badge.template, given.meant) if given else None
    if given is None or meaning is None:
        raise Unavailable(f"the store does not know any more what the badge {badge.uuid} is given for")
    whole = credentials.credential(badge, given, meaning, form)
    of_itself = ((whole, Q(badge=badge)),) if form == TOKEN else ()
    most = MOST if form == TOKEN else MOST_IN_DOCUMENT
    places: tuple[tuple[Document, Q], ...] = (
        *of_itself,
        # What is said of a template was not said of what it stood for before.
        *(() if given.meant else ((whole["credentialSubject"]["achievement"], Q(template=badge.template)),)),
        (whole["issuer"], of_issuer(badge.account, meaning.issuer.key)),
    )
    for place, which in places:
        if told := [each for each in map(signed, _given(which, most)) if each]:
            place[name] = told
    return whole, (badge.account.provider, meaning.issuer.key)


def _given(which: Q, most: int) -> list[Endorsement]:
    """The newest of them, as long as their words are not too many for a document."""
    rows = Endorsement.objects.filter(which, state=Endorsement.State.ACCEPTED)
    kept: list[Endorsement] = []
    left = MOST_BYTES
    for row in rows.select_related("account", "template", "badge").order_by("-answered_at", "-pk")[:most]:
        left -= len(row.text.encode())
        if kept and left < 0:
            break
        kept.append(row)
    return kept
