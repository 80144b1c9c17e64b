"""Whatever is in an address, a query or a form, no page fails."""

import itertools
import re
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from django.contrib import admin
from django.test.client import BOUNDARY, MULTIPART_CONTENT
from django.urls import reverse

from credentials_badges.badges import accounts
from tests.security import stage
from tests.security.forms import Forms
from tests.security.table import OPEN, PAGES, WITH_SECRET
from tests.security.test_routes import Visitors, address_of, admin_routes

pytestmark = [pytest.mark.once, pytest.mark.django_db]
IDS = (
    "99999999999999999999",
    "0",
    "-1",
    "%00",
    "%ff",
    "%ed%a0%80",
    "%D9%A1",
    "1_20",
    "1e9",
    "x" * 2_000,
    "%2e%2e%2f",
    "a%0d%0ab",
)
"""Too large, none, a NUL, no UTF-8, half a character, a digit of another script, too long, a way up, two lines."""
VALUES = (
    *(
        "\0",
        "99999999999999999999",
        "-1",
        "\u0661\u0662",
        "9" * 5_000,
        "1e400",
        "NaN",
        "\u202e\u0301" * 300,
        "'\"<script>",
    ),
    *(
        "2026-02-30",
        "0001-01-01",
        "9999-12-31T23:59:59-14:00",
        "%s%n",
        "\r\nSet-Cookie: a=b",
        "[",
        "javascript:alert(1)",
    ),
)
RAW = (b"%00", b"%ff%fe", b"%ed%a0%80", b"%", b"\xff\xfe")
"""As forms are sent that are not in UTF-8, or not even encoded."""
QUERIES = ("q", "page", "p", "o", "state", "from", "to", "badge", "batch", "code", "system", "next", "limit", "offset")
OF_LISTS = ("q", "p", "o", "_to_field", "pk__in", "id__gt", "nonsense__x")


@pytest.fixture
def village(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    monkeypatch.setattr(accounts, "verify", lambda account: None)
    return stage.build(tmp_path, monkeypatch)


@pytest.fixture
def visitors(village: dict[str, Any]) -> Visitors:
    """Whoever may do everything is asked to: all others get less far. `Visitors.ask` fails if a page does."""
    return Visitors()


def test_odd_addresses(village: dict[str, Any], visitors: Visitors) -> None:
    told = set()
    for route in {**PAGES, **OPEN, **WITH_SECRET}:
        for name in re.findall(r"<(?:\w+:)?(\w+)>", route):
            for odd in IDS:
                known = {**village, name: odd, **({"text": odd, "link": odd} if name in {"code", "token"} else {})}
                for method in ("GET", "POST"):
                    told.add(visitors.ask("administrator", method, address_of(route, known))[0])
    assert told >= {400, 404} or told >= {404, 405}


def test_odd_objects_of_the_administration(village: dict[str, Any], visitors: Visitors) -> None:
    told, below = set(), itertools.cycle(("change/", "history/", "delete/", "change/", "award/"))
    for model in admin.site._registry:
        pages = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        for odd in IDS:
            told.add(visitors.ask("administrator", "GET", f"{pages}{odd}/{next(below)}")[0])
    # Python's numbers may be in any script.
    assert told <= {200, 302, 400, 403, 404}


def test_odd_queries(village: dict[str, Any], visitors: Visitors) -> None:
    pages = {
        address_of(route, village): QUERIES for route, may in {**PAGES, **OPEN, **WITH_SECRET}.items() if "GET" in may
    }
    for model in admin.site._registry:
        page = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        filters = [each for each in admin.site._registry[model].list_filter if isinstance(each, str)]
        pages[page] = (*OF_LISTS, *(f"{name}__exact" for name in filters), *(f"{name}__isnull" for name in filters))
    odd = itertools.cycle(
        [*(urlencode({"": value}) for value in VALUES), *(f"={raw.decode('latin-1')}" for raw in RAW)]
    )
    # Each name meets another one on every page.
    asked = [(page, f"{name}{next(odd)}") for page, names in pages.items() for name in names]
    for page, query in asked:
        visitors.ask("administrator", "GET", page, QUERY_STRING=query)
    assert len(asked) > 500


def test_odd_forms(village: dict[str, Any], visitors: Visitors) -> None:
    addresses = [address_of(route, village) for route, may in {**PAGES, **OPEN, **WITH_SECRET}.items() if "GET" in may]
    addresses += [
        address for address in admin_routes().values() if re.search(r"/(add|change|award|test-bench)/$", address)
    ]
    sent = 0
    for address in addresses:
        status, answer, content = visitors.ask("administrator", "GET", address)
        if status != 200 or "text/html" not in answer["Content-Type"]:
            continue
        for form in Forms(content.decode()).found:
            if form.method != "post" or "logout" in form.action:
                continue
            for odd in VALUES[sent % 8 :: 8]:
                filled = {name: value if name in form.fixed else odd for name, value in form.fields.items()}
                sent += 1
                _post(visitors, form.action or address, filled)
            _post(visitors, form.action or address, dict.fromkeys(form.fields, VALUES[sent % len(VALUES)]))
            raw = b"&".join(name.encode() + b"=" + RAW[sent % len(RAW)] for name in form.fields)
            visitors.ask(
                "administrator",
                "POST",
                form.action or address,
                data=raw,
                content_type="application/x-www-form-urlencoded",
            )
            _post_file(visitors, form.action or address, list(form.fields))
    assert sent > 100


def _post(visitors: Visitors, address: str, filled: dict[str, str]) -> None:
    told = urlencode(filled).encode()
    visitors.ask("administrator", "POST", address, data=told, content_type="application/x-www-form-urlencoded")


def _post_file(visitors: Visitors, address: str, names: list[str]) -> None:
    """A file in place of each text, of an odd name, sort and encoding."""
    parts = b"".join(
        b"--"
        + BOUNDARY.encode()
        + b'\r\nContent-Disposition: form-data; name="'
        + name.encode()
        + b'"; filename="a\0\xff/../b"\r\nContent-Type: text/csv; charset=bz2\r\n\r\n\xff\0\xed\xa0\x80,"\r\n'
        for name in names
    )
    body = parts + b"--" + BOUNDARY.encode() + b"--\r\n"
    visitors.ask("administrator", "POST", address, data=body, content_type=MULTIPART_CONTENT)
