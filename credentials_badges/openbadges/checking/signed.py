"""Whether a credential of Open Badges 3.0 says what was signed, and who that is whose key signed it."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.utils.translation import gettext as _
from jwt import PyJWK
from openbadgeslib.errors import LibOpenBadgesException
from openbadgeslib.ob3.contexts import document_loader
from openbadgeslib.ob3.did import fetch_did_web_document, resolve_verification_method

# What a proof signs is not the text but what follows from it: without this, one could say something else and still fit.
from openbadgeslib.ob3.ldp import OB3LdpVerifier, _check_json_ld_form, verify_data_integrity_proof
from openbadgeslib.ob3.verifier import OB3Verifier, verify_endorsement_jwt

from credentials_badges.badges.verifying import Check
from credentials_badges.openbadges.checking import fetching, picking, public_keys, reading
from credentials_badges.openbadges.checking.fetching import Fetcher, Unreachable
from credentials_badges.openbadges.checking.picking import Document, Odd

NOT_IN_TIME = (
    "Credential has expired",
    "Credential is not yet valid",
    "endorsement expired",
    "endorsement is not yet valid",
    "The token is not yet valid",
)
"""How the library begins to say that it is the time that does not fit, which it looks at after the signature."""
WEB, KEY = "did:web:", "did:key:"
OF_WEB = re.compile(r"[A-Za-z0-9.-]+(%3[Aa][0-9]{1,5})?(:[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*")
"""What follows after the first: with other signs in it, it could seem to be somebody's who has only a file there."""
KEYS = ("publicKey", "verificationMethod", "jwks")
"""Where an issuer tells of them."""


class Sure(StrEnum):
    """How it is known who has signed."""

    HERE = "here"
    SITE = "site"
    KEY = "key"
    NOT = "not"


@dataclass(frozen=True, kw_only=True, slots=True)
class Secured:
    """A credential, or an endorsement, as it is signed."""

    document: Document
    token: str = ""
    header: Document | None = None

    @property
    def issuer(self) -> str:
        """What its issuer is called."""
        return picking.identifier(self.document.get("issuer"))

    @property
    def is_badge(self) -> bool:
        """Whether it is one, and no endorsement or list."""
        return bool(picking.kinds(self.document) & reading.OF_BADGES)


@dataclass(frozen=True, kw_only=True, slots=True)
class Signature:
    """What is known of who has signed."""

    holds: bool | None
    words: str
    sure: Sure = Sure.NOT
    site: str = ""
    """What people are told that they control, who have signed; nobody has to know it if that is not certain."""
    host: str = ""
    """All of whose addresses they control."""
    pem: Any = None
    """The key, where it is not found by the issuer's name."""
    is_late: bool = False
    """Whether it was made for another time than this, whatever else is said of that."""

    def check(self) -> Check:
        """Whether it says what was signed."""
        return Check(question=_("Is it as it was signed?"), answer=self.words, holds=self.holds)


def look(secured: Secured, fetch: Fetcher) -> Signature:
    """Find the key, and try it."""
    if not (secured.token or secured.document.get("proof")):
        return Signature(holds=False, words=_("No: it bears no signature. Anybody may have written it."))
    if secured.issuer.startswith(WEB):
        return _by_site(secured, fetch)
    if secured.issuer.startswith(KEY):
        return _judged(_verify(secured, fetch), sure=Sure.KEY)
    return _by_key_in_it(secured, fetch)


def who(secured: Secured, signature: Signature) -> Check:
    """Who issued it, and how sure that is."""
    name = picking.name(picking.one(secured.document.get("issuer")).get("name"))
    question = _("Who issued it?") if secured.is_badge else _("Who says so?")
    if not signature.holds or signature.sure is Sure.NOT:
        answer = _("It says “%(name)s”, but nothing proves that.") if name else _("Nothing proves who.")
        return Check(question=question, answer=answer % {"name": name}, holds=None)
    words = {
        Sure.HERE: _("This service, in the name of “%(name)s”.") if name else _("This service."),
        Sure.SITE: _("Whoever controls %(site)s. They call themselves “%(name)s” in it.")
        if name
        else _("Whoever controls %(site)s."),
        Sure.KEY: _("Whoever holds the key that signed it, and nobody says who that is. It says “%(name)s”.")
        if name
        else _("Whoever holds the key that signed it, and nobody says who that is."),
    }[signature.sure]
    answer = words % {"site": signature.site, "name": name}
    return Check(question=question, answer=answer, holds=None if signature.sure is Sure.KEY else True)


def prove(document: Document, fetch: Fetcher, pem: Any = None) -> None:
    """Raise whatever there is against the proof in a document that is no badge, by its issuer's own key, or this."""
    proof = picking.one(document.get("proof"))
    method = picking.identifier(proof.get("verificationMethod"))
    if pem is None:
        if method.partition("#")[0] != picking.identifier(document.get("issuer")):
            raise ValueError("it is signed with a key that is not its issuer's")
        pem = resolve_verification_method(method, download=fetch)
    _check_json_ld_form(document, proof, document_loader())
    verify_data_integrity_proof(document, pem)


def against(work: Callable[[], object]) -> str:
    """What a library has against something; nothing if it holds.

    What it is given comes from strangers: whatever it stumbles over does not hold.
    """
    try:
        work()
    except LibOpenBadgesException as error:
        return str(error) or type(error).__name__
    except Exception as error:  # noqa: BLE001, RUF100
        return type(error).__name__
    return ""


def _by_site(secured: Secured, fetch: Fetcher) -> Signature:
    """The site that the issuer's name leads to tells the keys."""
    if not OF_WEB.fullmatch(secured.issuer.removeprefix(WEB)):
        return Signature(holds=None, words=_("Nobody can say: it names its key in a way that is not known here."))
    host, *below = (unquote(part) for part in secured.issuer.removeprefix(WEB).split(":"))
    is_here = fetching.site(f"https://{host}") == fetching.site(settings.PUBLIC_BASE_URL)
    told: list[Document] = []
    if against(lambda: told.append(fetch_did_web_document(secured.issuer, fetch))):
        words = _("Nobody can say: %(site)s does not tell its keys.") % {"site": picking.name(host)}
        return Signature(holds=None, words=words)
    if told[0].get("id") != secured.issuer:
        return Signature(holds=False, words=_("No: the keys that its issuer’s name leads to are somebody else’s."))
    sure = Sure.HERE if is_here else Sure.SITE
    site = picking.name("/".join([host, *below]))
    return _judged(_verify(secured, fetch), sure=sure, site=site, host=fetching.site(f"https://{host}"))


def _by_key_in_it(secured: Secured, fetch: Fetcher) -> Signature:
    """A key that comes along with the badge, or that the issuer's own site tells."""
    header = secured.header or {}
    found: list[Any] = []
    kid, sure = picking.identifier(header.get("kid")), Sure.KEY
    if reading.is_address(kid) and fetching.site(kid) == fetching.site(secured.issuer):
        try:
            key = _at(kid, fetch)
        except (Unreachable, Odd):
            words = _("Nobody can say: %(site)s does not tell its keys.") % {"site": picking.name(fetching.site(kid))}
            return Signature(holds=None, words=words)
        if _is_theirs(kid, secured.issuer, fetch):
            sure = Sure.HERE if fetching.site(kid) == fetching.site(settings.PUBLIC_BASE_URL) else Sure.SITE
        problem = against(lambda: found.append(_public(key)))
    elif secured.token:
        problem = against(lambda: found.append(_public(picking.one(header.get("jwk")))))
    else:
        method = picking.identifier(picking.one(secured.document.get("proof")).get("verificationMethod"))
        problem = against(lambda: found.append(_key_in_name(method)))
    if problem:
        return Signature(holds=None, words=_("Nobody can say: it names its key in a way that is not known here."))
    host = fetching.site(secured.issuer)
    site = picking.name(host + urlsplit(secured.issuer).path.rstrip("/")) if host else ""
    return _judged(_verify(secured, fetch, found[0]), sure=sure, site=site, host=host, pem=found[0])


def _is_theirs(kid: str, issuer: str, fetch: Fetcher) -> bool:
    """Whether the key is below the issuer's own address, or named there.

    To have a file somewhere on that site is not enough: so has many a student.
    """
    parts = urlsplit(issuer)
    if parts.path.strip("/") and not (parts.query or parts.fragment) and kid.startswith(issuer.rstrip("/") + "/"):
        return True
    try:
        document = picking.parse_document(fetch(issuer))
    except (Unreachable, Odd):
        return False
    named = [each for name in KEYS for each in picking.many(document.get(name))]
    named += picking.many(picking.one(document.get("jwks")).get("keys"))
    names = {picking.identifier(each) for each in named} | {
        picking.text(picking.one(each).get("kid")) for each in named
    }
    return picking.identifier(document) == issuer and bool({kid, kid.partition("#")[0]} & names)


def _at(address: str, fetch: Fetcher) -> Document:
    """The key at an address: alone, or in a set. Raises Unreachable or Odd."""
    document = picking.parse_document(fetch(address))
    keys = [picking.one(key) for key in picking.many(document.get("keys"))]
    return next((key for key in keys if key.get("kid") == address), keys[0] if len(keys) == 1 else document)


def _public(jwk: Document) -> Any:
    if not jwk or not public_keys.is_public(jwk):
        raise ValueError("no public key")
    return PyJWK(jwk, algorithm=None if "alg" in jwk else _algorithm(jwk)).key


def _algorithm(jwk: Document) -> str | None:
    return {"RSA": "RS256", "OKP": "EdDSA"}.get(str(jwk.get("kty")))


def _key_in_name(method: str) -> Any:
    if not method.startswith(KEY):
        raise ValueError("no key in it")
    return resolve_verification_method(method)


def _verify(secured: Secured, fetch: Fetcher, pem: Any = None) -> str:
    """What there is against the signature, without the time and without lists of what was taken back."""
    if secured.token and secured.is_badge:
        return against(lambda: _verifier(secured.issuer, fetch, pem).verify(secured.token))
    if secured.token:
        return against(lambda: verify_endorsement_jwt(secured.token, fetch, pem))
    if secured.is_badge:
        return against(lambda: OB3LdpVerifier(pem, None).verify(secured.document, download=fetch))
    return against(lambda: prove(secured.document, fetch, pem))


def _verifier(issuer: str, fetch: Fetcher, pem: Any) -> OB3Verifier:
    return OB3Verifier(pem) if pem is not None else OB3Verifier.for_issuer_did(issuer, fetch)


def _judged(problem: str, **known: Any) -> Signature:
    is_late = problem.startswith(NOT_IN_TIME)
    if is_late or not problem:
        return Signature(holds=True, words=_("Yes: nothing in it was changed since."), is_late=is_late, **known)
    if "nvalid signature" in problem or "signature mismatch" in problem:
        words = _("No: something in it was changed, or somebody else has signed it.")
    elif "proof has expired" in problem:
        words = _("No: its signature was good for a time that is over.")
    else:
        words = _("No: it is not signed in the way that the standard asks for, so nothing of it is certain.")
    return Signature(holds=False, words=words)
