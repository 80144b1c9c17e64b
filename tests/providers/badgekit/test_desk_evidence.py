"""Files that learners sent, as the desk hands them out."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from django.test import Client

from providers.badgekit.models import Claim, ClaimEvidence
from tests.providers.badgekit.api import PNG
from tests.providers.badgekit.claim_page import browser
from tests.providers.badgekit.claims_world import upload, with_photo
from tests.providers.badgekit.desk import administrator, at_desk, path, stranger

pytestmark = [pytest.mark.once, pytest.mark.usefixtures("api")]


def address(item: ClaimEvidence, of: str = "city", claim: int | None = None) -> str:
    return path(f"claims/{claim or item.claim_id}/evidence/{item.pk}/", of)


@pytest.mark.parametrize(
    ("visitor", "status"),
    [
        (browser, 302),
        (stranger, 404),
        (partial(at_desk, "owner", "village"), 404),
        (partial(at_desk, "reader"), 200),
        (partial(at_desk, "reviewer"), 200),
        (partial(at_desk, "owner"), 200),
        (administrator, 200),
    ],
)
def test_members_of_the_system_may_have_it(visitor: Callable[[], Client], status: int) -> None:
    answer = visitor().get(address(with_photo()[1]))
    assert answer.status_code == status
    if answer.streaming:
        assert b"".join(answer.streaming_content) == PNG


def test_it_is_saved_or_shown_and_never_run() -> None:
    _, item = with_photo(name="Grüße “1”;\r\n.png", sent_as="text/html")
    answer = at_desk("reader").get(address(item))
    assert b"".join(answer.streaming_content) == PNG
    assert answer["Content-Type"] == "image/png"
    assert answer["Content-Length"] == str(len(PNG))
    assert answer["Content-Disposition"].startswith("attachment; filename*=utf-8''Gr%C3%BC%C3%9Fe")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert {"private", "no-store"} <= set(answer["Cache-Control"].split(", "))
    assert answer["Referrer-Policy"] == "no-referrer"
    assert answer["Cross-Origin-Resource-Policy"] == "same-origin"


def test_a_page_that_begins_like_a_picture_is_a_picture() -> None:
    _, item = with_photo(content=PNG[:8] + b"<script>alert(1)</script>", name="page.html", sent_as="text/html")
    answer = at_desk("reader").get(address(item))
    assert (answer["Content-Type"], answer["X-Content-Type-Options"]) == ("image/png", "nosniff")
    assert answer["Content-Disposition"] == 'attachment; filename="page.html.png"'
    assert b"".join(answer.streaming_content)


def test_it_is_found_only_at_its_own_claim_and_system() -> None:
    claim, item = with_photo()
    other, _ = with_photo("bob@example.com", content=PNG)
    village = at_desk("owner", "village")
    assert village.get(address(item, "village")).status_code == 404
    desk = at_desk("owner")
    assert desk.get(address(item, claim=other.pk)).status_code == 404
    assert desk.get(path(f"claims/{claim.pk}/evidence/{10**30}/")).status_code == 404
    assert desk.get(path(f"claims/{10**30}/evidence/{item.pk}/")).status_code == 404


def test_what_is_kept_for_a_learner_is_not_the_organisers(evidence_folder: Path) -> None:
    claim, item = with_photo()
    claim.code.reservation = "a-promise"
    claim.code.save()
    assert at_desk("owner").get(address(item)).status_code == 404


def test_a_file_that_is_gone_is_a_page_that_says_so(evidence_folder: Path) -> None:
    _, item = with_photo()
    (evidence_folder / str(item.file.name)).unlink()
    assert at_desk("reader").get(address(item)).status_code == 404


def test_what_is_no_file_has_no_such_address() -> None:
    claim = Claim.objects.get(pk=with_photo()[0].pk)
    item = ClaimEvidence.objects.create(claim=claim, kind="text", text="Words.")
    assert at_desk("reader").get(address(item)).status_code == 404


def test_it_is_only_read() -> None:
    _, item = with_photo()
    assert at_desk("owner").post(address(item), {"file": upload()}).status_code == 405
