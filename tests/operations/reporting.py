"""A process in which things crash that know secrets; `test_reports` starts it and says to whom it is to report."""

import logging
import os
import sys

import django
import requests
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import path

CODE, KEY, PERSON = "AUTUMN-7", "a-key-of-the-harbour", "ada.lovelace@example.com"


def fine(request: HttpRequest, code: str) -> HttpResponse:
    """A page that calls somebody at an address which is that receiver's secret."""
    requests.post(f"{os.environ['RECEIVER']}/hooks/{CODE}", headers={"Authorization": f"Token {KEY}"}, timeout=5)
    return HttpResponse("fine")


def crash(request: HttpRequest, code: str) -> HttpResponse:
    """A page that crashes over what it knows."""
    raise RuntimeError(f"{code}, {KEY} and {PERSON} do not go together")


urlpatterns = [path("claim/<path:code>/", fine), path("crash/<path:code>/", crash)]


def main() -> None:
    """Do it all once."""
    django.setup()
    from django.test import Client

    from credentials_badges import logs
    from credentials_badges.celery import app

    @app.task(name="tests.crash")
    def crash_in_a_task() -> None:
        raise RuntimeError(f"{KEY} is not for {PERSON}")

    settings.ROOT_URLCONF = __name__
    logs.hide_always(KEY)
    client = Client(raise_request_exception=False, headers={"Authorization": f"Token {KEY}", "Cookie": f"a={CODE}"})
    for address in ("claim", "crash", "nowhere"):
        client.get(f"/{address}/{CODE}/?q={CODE}", HTTP_HOST="localhost")
    logs.begin()
    crash_in_a_task.apply()
    logging.getLogger("credentials_badges.anything").error("the mail to %s was refused", PERSON)
    if "sentry_sdk" in sys.modules:
        sys.modules["sentry_sdk"].flush(5)


if __name__ == "__main__":
    main()
