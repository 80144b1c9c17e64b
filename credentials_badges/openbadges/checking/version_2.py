"""Checks a badge of Open Badges 2.0: what its issuer's site says of it is true, whatever a copy of it says.

Source: https://www.imsglobal.org/sites/default/files/Badges/OBv2p0Final/index.html
"""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from django.utils.translation import gettext as _
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey, RSAKey

from credentials_badges.badges.verifying import Check
from credentials_badges.openbadges.checking import (
    fetching,
    picking,
    public_keys,
    report,
    taken_back,
    telling,
    vouched,
    when,
    whose,
)
from credentials_badges.openbadges.checking.fetching import Fetcher, Unreachable
from credentials_badges.openbadges.checking.picking import Document, Odd
from credentials_badges.openbadges.checking.reading import Form, Found
from credentials_badges.openbadges.checking.report import Report
from credentials_badges.openbadges.checking.telling import Broken
from credentials_badges.openbadges.checking.vouched import Part

DATES = {"issuedOn", "expires"}
MOST_ENDORSEMENTS = 5
ALGORITHMS: dict[Any, list[str]] = {
    RSAKey: ["RS256", "RS384", "RS512"],
    ECKey: ["ES256", "ES384", "ES512"],
    OKPKey: ["EdDSA", "Ed25519"],
}
"""A token does not choose how it is checked: the key does."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Issued:
    """A badge and what it refers to, as the sites say that have to know."""

    assertion: Document
    badge_class: Document = field(default_factory=dict)
    issuer: Document = field(default_factory=dict)


@dataclass(kw_only=True, slots=True)
class _Judged:
    """What was found so far; whatever is not looked into, nobody can say."""

    issued: _Issued
    who: Check
    unchanged: Check
    stands: Check


def look(found: Found, email: str, fetch: Fetcher, now: datetime) -> Report:
    """All of it."""
    judged = _unknown(found)
    try:
        (_look_at_signed if found.form is Form.SIGNED else _look_at_hosted)(found, judged, fetch)
    except Broken as broken:
        judged.who = Check(question=judged.who.question, answer=str(broken), holds=broken.holds)
    assertion, issued = judged.issued.assertion, judged.issued
    said = vouched.said(_parts(issued, found.form)) if judged.who.holds else []
    return Report(
        address=picking.identifier(assertion),
        checks=[
            report.readable("Open Badges 2.0"),
            judged.who,
            judged.unchanged,
            judged.stands,
            when.check([assertion.get("issuedOn")], [assertion.get("expires")], now),
        ],
        whose=whose.check(whose.of_version_2(assertion), email),
        is_compared=bool(email),
        about=report.about(issued.badge_class, issued.issuer),
        endorsements=[vouched.look(each, part, fetch, now) for each, part in said[:MOST_ENDORSEMENTS]],
        unseen=len(said[MOST_ENDORSEMENTS:]),
        is_ours=bool(judged.who.holds) and telling.is_ours(issued.issuer),
    )


def _unknown(found: Found) -> _Judged:
    words = _("Nobody can say, since nothing proves who issued it.")
    same = _("Is it as it was signed?") if found.form is Form.SIGNED else _("Does its own address say the same?")
    return _Judged(
        issued=_Issued(assertion=found.document),
        who=Check(question=_("Who issued it?"), answer=_("Nothing proves who."), holds=None),
        unchanged=Check(question=same, answer=words, holds=None),
        stands=Check(question=_("Does it still stand?"), answer=words, holds=None),
    )


def _look_at_hosted(found: Found, judged: _Judged, fetch: Fetcher) -> None:
    """What its own address says is the badge. Raises Broken."""
    copy = found.document
    served, holds, words = _served(copy, fetch)
    judged.stands = replace(judged.stands, answer=words, holds=holds)
    if not holds:
        judged.unchanged = replace(judged.unchanged, answer=_("Nobody can say: its address does not tell it."))
        return
    is_same = all(_alike(name, value, served.get(name)) for name, value in copy.items() if name != "@context")
    told = {
        True: _("Yes: nothing in it was changed since."),
        False: _("No: something in it was changed, or made up."),
    }
    judged.unchanged = replace(judged.unchanged, answer=told[is_same], holds=is_same)
    judged.issued = _Issued(assertion=served)
    judged.issued = _issued(served, fetch, is_signed=False)
    judged.who = telling.who(judged.issued.issuer)


def _look_at_signed(found: Found, judged: _Judged, fetch: Fetcher) -> None:
    """A key of the issuer has to have signed it. Raises Broken."""
    issued = _issued(found.document, fetch, is_signed=True)
    holds, words = _signature(found, issued.issuer, fetch)
    judged.unchanged = replace(judged.unchanged, answer=words, holds=holds)
    judged.issued = issued
    if holds:
        judged.who = telling.who(issued.issuer)
        judged.stands = taken_back.in_list(found.document, issued.issuer, fetch)


def _served(copy: Document, fetch: Fetcher) -> tuple[Document, bool | None, str]:
    """The badge as its own address tells it, whether it stands there, and what to say of that."""
    address = picking.identifier(copy)
    silent = _("Nobody can say: %(site)s, where it is kept, does not answer.") % {"site": telling.shown(address)}
    try:
        answer = fetch.get(address)
        served = telling.parsed(answer)
    except (Unreachable, Odd):
        return {}, None, silent
    if answer.status not in {200, 404, 410}:
        return {}, None, silent
    if answer.status == 410 or taken_back.says_so(served):
        return {}, False, _("No: its issuer has taken it back.")
    if answer.status == 404 or not telling.is_at(served, address, answer):
        return {}, False, _("No: there is no such badge at its address.")
    return served, True, _("Yes: its issuer has not taken it back.")


def _alike(name: str, ours: Any, theirs: Any) -> bool:
    """Whether both say the same; a moment can be written in several ways."""
    if name not in DATES:
        return bool(ours == theirs)
    try:
        return picking.moment(ours) == picking.moment(theirs)
    except ValueError:
        return bool(ours == theirs)


def _issued(assertion: Document, fetch: Fetcher, *, is_signed: bool) -> _Issued:
    """What the badge refers to. Raises Broken unless it belongs together."""
    badge_class = telling.document(assertion.get("badge"), _("what the badge stands for"), fetch)
    issuer = telling.document(badge_class.get("issuer"), _("who has issued it"), fetch)
    parts = [badge_class] if is_signed else [badge_class, assertion]
    if not all(telling.belongs(picking.identifier(part), issuer) for part in parts):
        raise Broken(_("Nothing proves that: it is kept on a site that is not its issuer’s."), holds=False)
    return _Issued(assertion=assertion, issuer=issuer, badge_class=badge_class)


def _signature(found: Found, issuer: Document, fetch: Fetcher) -> tuple[bool, str]:
    """Whether a key of the issuer has signed it. Raises Broken if there is no such key."""
    if not found.token:
        return False, _("No: it bears no signature. Anybody may have written it.")
    creator = picking.one(found.document.get("verification")).get("creator")
    keys = picking.many(issuer.get("publicKey"))
    key = telling.document(creator or picking.one(keys) or next(iter(keys), ""), _("its key"), fetch)
    is_theirs = picking.identifier(key.get("owner")) == picking.identifier(issuer)
    if not is_theirs or picking.identifier(key) not in map(picking.identifier, keys):
        raise Broken(_("Nothing proves that: it is signed with a key that is not its issuer’s."), holds=False)
    if _fits(found.token, key.get("publicKeyPem")):
        return True, _("Yes: nothing in it was changed since.")
    return False, _("No: something in it was changed, or somebody else has signed it.")


def _fits(token: str, pem: Any) -> bool:
    """Whether this key has signed the token."""
    if not public_keys.is_public_pem(pem):
        return False
    for kind, algorithms in ALGORITHMS.items():
        try:
            key = kind.import_key(pem)
        except (JoseError, ValueError, TypeError, AttributeError, LookupError, UnsupportedAlgorithm):
            continue
        try:
            jws.deserialize_compact(token, key, algorithms=algorithms)
        except (JoseError, ValueError, TypeError):
            return False
        return True
    return False


def _parts(issued: _Issued, form: Form) -> list[Part]:
    """Whatever others may say something of. A signed badge is kept nowhere, so its name may be that of another."""
    site = fetching.site(picking.identifier(issued.issuer))
    is_own = form is not Form.SIGNED or fetching.site(picking.identifier(issued.assertion)) == site
    return [
        Part(document=issued.assertion, is_own=is_own),
        Part(document=issued.badge_class),
        Part(document=issued.issuer),
    ]
