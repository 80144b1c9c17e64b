"""Whether a credential of Open Badges 3.0 was taken back: its issuer keeps lists of that, which are signed, too."""

from dataclasses import dataclass
from typing import Any, cast

from django.utils.translation import gettext as _
from openbadgeslib.ob3.credential import OpenBadgeCredential
from openbadgeslib.ob3.status import check_credential_status

from credentials_badges.badges.verifying import Check
from credentials_badges.openbadges.checking import picking, signed
from credentials_badges.openbadges.checking.fetching import Fetcher, Unreachable
from credentials_badges.openbadges.checking.picking import Document, Odd
from credentials_badges.openbadges.checking.reading import Unreadable, read_part
from credentials_badges.openbadges.checking.signed import Secured, Signature

MOST = 3
"""Lists that are looked into."""
IS_SET = "Credential status '"
"""How the library begins to say that the list has the credential in it."""


@dataclass(frozen=True, slots=True)
class _Issuer:
    id: str


@dataclass(frozen=True, slots=True)
class _Listed:
    """All that is asked of a credential, be it a badge or an endorsement."""

    issuer: _Issuer
    credential_status: list[Any]


def check(secured: Secured, signature: Signature, fetch: Fetcher) -> Check:
    """What the lists say. None is fetched for what nobody has signed."""
    question = _("Does it still stand?")
    entries = picking.many(secured.document.get("credentialStatus"))
    if not signature.holds:
        answer = _("Nobody can say, since nothing proves who issued it.")
        return Check(question=question, answer=answer, holds=None)
    if not entries:
        answer = _("Yes: its issuer has no way to take it back.")
        return Check(question=question, answer=answer, holds=True)
    problems = [_against(entry, secured, signature, fetch) for entry in entries[:MOST]]
    if any(problem.startswith(IS_SET) for problem in problems):
        return Check(question=question, answer=_("No: its issuer has taken it back."), holds=False)
    if any(problems) or len(entries) > MOST:
        answer = _("Nobody can say: its issuer’s list of what was taken back cannot be read, or is not signed by them.")
        return Check(question=question, answer=answer, holds=None)
    return Check(question=question, answer=_("Yes: its issuer has not taken it back."), holds=True)


def _against(entry: Any, secured: Secured, signature: Signature, fetch: Fetcher) -> str:
    told: Document = picking.one(entry)
    listed = cast("OpenBadgeCredential", _Listed(_Issuer(secured.issuer), [told]))
    try:
        document = _list(picking.identifier(told.get("statusListCredential")), fetch)
    except (Unreachable, Unreadable, ValueError):
        return "the list cannot be read"
    if document is None:
        return signed.against(
            lambda: check_credential_status(listed, fetch, verify_list=True, list_pubkey_pem=signature.pem)
        )
    if picking.identifier(document.get("issuer")) != secured.issuer:
        return "the list is somebody else's"
    return signed.against(lambda: signed.prove(document, fetch)) or signed.against(
        lambda: check_credential_status(listed, fetch)
    )


def _list(address: str, fetch: Fetcher) -> Document | None:
    """The list, if its proof is in it; None if it is a token. Raises Unreachable, Unreadable, or Odd.

    It has to be the one that was asked for: another of the same issuer's is signed, too.
    """
    body = fetch(address).strip()
    is_token = not body.startswith(b"{")
    document = read_part(body.decode())[0] if is_token else picking.parse_document(body)
    if picking.identifier(document) != address or "vc" in document:
        raise Odd("it is another list, or there is another one in it")
    if not is_token and not document.get("proof"):
        raise Odd("nobody has signed the list")
    return None if is_token else document
