"""Checks a badge of Open Badges 3.0: it is signed, so whoever shows it cannot have changed it.

Source: https://www.imsglobal.org/spec/ob/v3p0
"""

from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from django.utils.translation import gettext as _

from credentials_badges.badges.verifying import Check
from credentials_badges.openbadges.checking import fetching, picking, report, signed, standing, when, whose
from credentials_badges.openbadges.checking.fetching import Fetcher
from credentials_badges.openbadges.checking.picking import Document
from credentials_badges.openbadges.checking.reading import OF_BADGES, Form, Found, Unreadable, read_part
from credentials_badges.openbadges.checking.report import Endorsed, Report
from credentials_badges.openbadges.checking.signed import KEY, Secured, Signature, Sure

MOST_ENDORSEMENTS = 10


def look(found: Found, email: str, fetch: Fetcher, now: datetime) -> Report:
    """All of it."""
    secured = Secured(document=found.document, token=found.token, header=found.header)
    signature = signed.look(secured, fetch)
    subject = picking.one(found.document.get("credentialSubject"))
    achievement, issuer = picking.one(subject.get("achievement")), picking.one(found.document.get("issuer"))
    said = _endorsements(found.document, achievement, issuer) if signature.holds else []
    return Report(
        address=picking.identifier(found.document),
        checks=[
            report.readable(Form.VERSION_3),
            signed.who(secured, signature),
            signature.check(),
            standing.check(secured, signature, fetch),
            _in_time(secured, signature, now),
        ],
        whose=whose.check(whose.of_version_3(found.document), email),
        is_compared=bool(email),
        about=report.about(achievement, issuer),
        endorsements=[
            _endorsement(each, about, fetch, now, is_own=_is_own(about, secured, signature))
            for each, about in said[:MOST_ENDORSEMENTS]
        ],
        is_ours=bool(signature.holds) and signature.sure is Sure.HERE,
        unseen=len(said[MOST_ENDORSEMENTS:]),
    )


def _in_time(secured: Secured, signature: Signature, now: datetime) -> Check:
    """By what it says, and by what its token says."""
    ends = [secured.document.get(name) for name in ("validUntil", "expirationDate")]
    told = secured.document.get("exp")
    if ends == [None, None] and secured.token and isinstance(told, int | float):
        with suppress(ValueError, OverflowError, OSError):  # It is beyond the calendar.
            ends = [datetime.fromtimestamp(told, UTC).isoformat()]
    return when.check([secured.document.get("validFrom")], ends, now, is_late=signature.is_late)


def _endorsements(document: Document, achievement: Document, issuer: Document) -> list[tuple[Any, str]]:
    """What others say of the badge, of what it is given for, and of who gives it, and which of these each is about."""
    return [
        (each, picking.identifier(part))
        for part in (document, achievement, issuer)
        for each in (*picking.many(part.get("endorsementJwt")), *picking.many(part.get("endorsement")))
    ]


def _is_own(name: str, secured: Secured, signature: Signature) -> bool:
    """Whether nobody but the issuer can have named it so: it is themselves, or it is on their site."""
    if signature.sure is Sure.KEY:
        return name == secured.issuer and name.startswith(KEY)
    return name == secured.issuer or fetching.site(name) == signature.host


def _endorsement(told: Any, about: str, fetch: Fetcher, now: datetime, *, is_own: bool) -> Endorsed:
    try:
        document, token, header = read_part(told)
        kinds = picking.kinds(document)
        if "EndorsementCredential" not in kinds or kinds & OF_BADGES:
            raise Unreadable(_("No: it is no endorsement."))
    except Unreadable as unreadable:
        check = Check(question=_("Can it be read?"), answer=str(unreadable), holds=False)
        return Endorsed(name="", comment="", checks=[check])
    secured = Secured(document=document, token=token, header=header)
    signature = signed.look(secured, fetch)
    subject = picking.one(document.get("credentialSubject"))
    return Endorsed(
        name=picking.name(picking.one(document.get("issuer")).get("name")),
        comment=picking.text(subject.get("endorsementComment")),
        checks=[
            signed.who(secured, signature),
            signature.check(),
            report.is_about(picking.identifier(subject), about, is_own=is_own),
            standing.check(secured, signature, fetch),
            _in_time(secured, signature, now),
        ],
    )
