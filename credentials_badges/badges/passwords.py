"""Keeps passwords from being found by trying: of wrong ones, each network may give so many in a quarter of an hour.

They are counted by username and network together, so that nobody can keep somebody else out from elsewhere, and by
network alone, since a list of names can be tried as well. All doors are guarded, since all of them ask here: the
sign-in page, the administration's, and HTTP Basic.

What is told is as if tries came one after the other: nobody learns anything while the limit is reached.
"""

import logging
from collections.abc import Callable
from math import ceil
from typing import Any

from django.conf import settings
from django.contrib.auth.backends import ModelBackend
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from credentials_badges.badges import limiting
from credentials_badges.badges.models import Learner
from credentials_badges.badges.origins import network
from credentials_badges.contract.errors import RateLimited
from credentials_badges.http import Pace

log = logging.getLogger(__name__)

WINDOW = 900
"""Seconds."""
PEOPLE = 10
"""How many times as many wrong ones a network may give as one name there: a whole school may come from one."""


class TooManyFailures(RateLimited):
    """There were so many wrong passwords that none is looked at for `after` seconds."""


class Passwords(ModelBackend):
    """Django's own, which counts wrong ones. What costs most, to hash, is not done for whoever has tried too often."""

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **named: Any
    ) -> Learner | None:
        """The user; None if name or password is wrong. Raises TooManyFailures."""
        if request is None or username is None or password is None:  # Nobody is at a door.
            return super().authenticate(request, username, password, **named)
        username = username.rstrip(" ")  # MariaDB leaves these out when it compares, so they must not make other names.
        turns = _turns(request, username)
        try:
            limiting.look(turns)
            user = super().authenticate(request, username, password, **named)
            if user:
                limiting.look(turns)  # Others may have tried meanwhile.
            else:
                for name, pace in turns:
                    limiting.take_turn(name, pace)
        except RateLimited as limited:
            log.warning("too many wrong passwords for one name, or from one network")
            raise TooManyFailures("There were too many wrong passwords", after=limited.after) from None
        return user


class TellTooMany:
    """Middleware that tells people how long they have to wait, at whatever page they sign in."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass on."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """A page, for programs are told by the REST API itself."""
        if not isinstance(error, TooManyFailures):
            return None
        wait = ceil(error.after or 0)
        response = render(request, "badges/too_many_failures.html", {"minutes": ceil(wait / 60)}, status=429)
        response.headers["Retry-After"] = str(wait)
        return response


def _turns(request: HttpRequest, username: str) -> list[tuple[str, Pace]]:
    """What a wrong password counts as."""
    where = network(request)
    return [
        *limiting.hidden("password of", f"{username} from {where}", [Pace(settings.LOGIN_FAILURES, WINDOW)]),
        *limiting.hidden("password from", where, [Pace(settings.LOGIN_FAILURES * PEOPLE, WINDOW)]),
    ]
