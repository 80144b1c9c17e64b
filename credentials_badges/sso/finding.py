"""Which learner an account of another site stands for.

Once it is known, it stays so. Else: at Open edX, the learner of that username, since usernames here are the LMS's; at
any other, the one learner who has the address that the provider has verified. Whoever has any rights here is found by
neither: they sign in with their password and connect the account.
"""

from typing import Any

from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from credentials_badges.badges import members
from credentials_badges.badges.models import Learner
from credentials_badges.badges.models.addresses import is_address
from credentials_badges.sign_in import EDX

LONGEST_NAME = Learner._meta.get_field("username").max_length or 0


class Refused(Exception):
    """Somebody is not signed in; `words` say why."""

    def __init__(self, words: str | Promise) -> None:
        super().__init__(str(words))
        self.words = words


CONNECT = _("This account works here. Sign in with your password once, and connect the other account afterwards.")
OTHERS = _("That account belongs to another learner than you. Sign out first, or use your own.")
UNCLEAR = _("It is not clear which learner you are. Ask those who run this site to put your username in order.")
OFF = _("Your account here has been switched off. Ask those who run this site.")


def find_learner(
    backend: Any, uid: str, response: dict[str, Any], user: Learner | None = None, social: Any = None, **_told: Any
) -> dict[str, Any]:
    """The learner of the account, a new one if nobody is known by it. Raises Refused.

    `user` is whoever is signed in already, or whom the account has stood for before.
    """
    is_lms = backend.name == EDX
    if social:
        return {"user": _checked(social.user, response, is_lms=is_lms), "is_new": False}
    found = _of_the_lms(response) if is_lms else _by_address(response)
    if user:  # They connect the account to their own.
        if found and found != user:
            raise Refused(OTHERS)
        return {"user": _checked(user, response, is_lms=is_lms), "is_new": False}
    if found:
        if members.with_rights(pk=found.pk).exists():
            raise Refused(CONNECT)
        return {"user": _checked(found, response, is_lms=is_lms), "is_new": False}
    return {"user": _new(response, _username(response) if is_lms else f"oidc:{uid}"), "is_new": True}


def _checked(learner: Learner, response: dict[str, Any], *, is_lms: bool) -> Learner:
    """The learner, whom the LMS's own id must not contradict, where it is told and known."""
    if is_lms and (id_ := _lms_id(response)) and learner.lms_user_id not in {None, id_}:
        raise Refused(UNCLEAR)
    if learner.retired_at or not learner.is_active:
        raise Refused(OFF)
    return learner


def _username(response: dict[str, Any]) -> str:
    name = response.get("preferred_username")
    if not isinstance(name, str) or not name.strip() or _fit(name) != name or len(name) > LONGEST_NAME:
        raise Refused(UNCLEAR)
    return name.strip(" ")


def _of_the_lms(response: dict[str, Any]) -> Learner | None:
    """By username."""
    learner = Learner.objects.filter(username=_username(response), retired_at=None).first()
    if learner is None:
        return None
    # Who was made by a claim is named by an address, and a username may look like one.
    if learner.username == learner.address and _verified_address(response) != learner.address:
        raise Refused(UNCLEAR)
    return learner


def _lms_id(response: dict[str, Any]) -> int | None:
    id_ = response.get("user_id")
    return id_ if type(id_) is int and 0 < id_ < 2**63 else None


def _verified_address(response: dict[str, Any]) -> str:
    """The address, if the other site says that it is theirs; empty otherwise.

    It counts as it is told or not at all: mended, it could be another person's.
    """
    email = response.get("email")
    if response.get("email_verified") is not True or not isinstance(email, str) or not is_address(email):
        return ""
    return email.lower()


def _fit(text: str) -> str:
    """The text without what no database takes."""
    return text.replace("\0", "").encode(errors="ignore").decode()


def _by_address(response: dict[str, Any]) -> Learner | None:
    """The only learner who has the verified address; of several, nobody knows which one is meant."""
    if not (email := _verified_address(response)):
        return None
    # Who was made by a claim is named by the address: whoever the LMS knows by it comes before.
    named_so = Learner.objects.filter(address=email, retired_at=None)
    for rows in (named_so.exclude(username=F("address")), named_so):
        if found := list(rows[:2]):
            return found[0] if len(found) == 1 else None
    return None


def _new(response: dict[str, Any], username: str) -> Learner:
    """A learner whom nobody knew; with an address only if it is theirs and nobody else's."""
    email, name = _verified_address(response), response.get("name")
    if email and Learner.objects.filter(address=email).exists():
        email = ""
    told: dict[str, Any] = {
        "full_name": _fit(name)[:255] if isinstance(name, str) else "",
        "lms_user_id": _lms_id(response),
    }
    try:
        with transaction.atomic():
            # The manager's own would normalize the username, by which events have to find the learner.
            return Learner.objects.create(username=username, email=email, password=make_password(None), **told)
    except IntegrityError:
        raise Refused(UNCLEAR) from None  # Somebody else has just got the name; the next try finds them.
