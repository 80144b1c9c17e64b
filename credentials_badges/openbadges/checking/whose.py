"""To whom a badge was given: of an address, it holds no more than a fingerprint, with which another is compared."""

from dataclasses import dataclass
from hashlib import sha256
from hmac import compare_digest

from django.utils.translation import gettext as _

from credentials_badges.badges.verifying import Check
from credentials_badges.openbadges.checking import picking
from credentials_badges.openbadges.checking.picking import Document

MOST = 20
"""Identifiers that are looked at."""


@dataclass(frozen=True, slots=True)
class Recipient:
    """What the badge says of whom it was given to."""

    identity: str
    salt: str = ""
    is_hashed: bool = False

    def is_comparable(self) -> bool:
        """Whether it is made in a way that we know."""
        return not self.is_hashed or self.identity.startswith("sha256$")

    def is_of(self, email: str) -> bool:
        """Whether it is this address, as it is typed or in small letters. What differs takes no other time."""
        if not self.is_hashed:
            return compare_digest(email.lower().encode(), self.identity.lower().encode())
        digests = [sha256(f"{spelled}{self.salt}".encode()).hexdigest() for spelled in (email, email.lower())]
        told = self.identity.removeprefix("sha256$").lower().encode()
        return any([compare_digest(digest.encode(), told) for digest in digests])  # noqa: C419 (Each of them.)


def of_version_2(assertion: Document) -> list[Recipient]:
    """Whose an assertion is, if it goes by addresses."""
    told = picking.one(assertion.get("recipient"))
    if told.get("type") != "email":
        return []
    return _recipient(told.get("identity"), told.get("salt"), told.get("hashed"))


def of_version_3(document: Document) -> list[Recipient]:
    """Whose a credential is, by the addresses among what it tells."""
    subject = picking.one(document.get("credentialSubject"))
    found = []
    for told in map(picking.one, picking.many(subject.get("identifier"))[:MOST]):
        if told.get("identityType") == "emailAddress":
            found += _recipient(told.get("identityHash"), told.get("salt"), told.get("hashed"))
    called = picking.identifier(subject)
    if called.lower().startswith("mailto:"):
        found += _recipient(called[len("mailto:") :], "", False)  # noqa: FBT003 (As documents say it.)
    return found


def _recipient(identity: object, salt: object, hashed: object) -> list[Recipient]:
    if not isinstance(identity, str) or not identity:
        return []
    return [Recipient(identity, salt if isinstance(salt, str) else "", hashed is True)]


def check(recipients: list[Recipient], email: str) -> Check:
    """Whether the badge is whose address this is. The address that it holds itself is told to nobody."""
    question = _("To whom was it given?")
    if not recipients:
        answer = _("It names no e-mail address, so nobody can say here.")
        return Check(question=question, answer=answer, holds=None)
    if not email:
        answer = _(
            "To somebody whose e-mail address it holds, which is not shown. Enter one in the form to compare them."
        )
        return Check(question=question, answer=answer, holds=None)
    if any([each.is_of(email) for each in recipients if each.is_comparable()]):  # noqa: C419 (Each of them.)
        return Check(question=question, answer=_("To whoever has the e-mail address that you entered."), holds=True)
    if not all(each.is_comparable() for each in recipients):
        answer = _("It holds an e-mail address in a way that cannot be compared here.")
        return Check(question=question, answer=answer, holds=None)
    answer = _("Not to the e-mail address that you entered. It may have been given to another one of that person.")
    return Check(question=question, answer=answer, holds=False)
