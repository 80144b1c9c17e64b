"""What this service has given itself is checked without a call to itself, in each form in which it is given."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from credentials_badges.badges.models import Badge, Learner
from credentials_badges.endorsements.models import Endorsement
from credentials_badges.openbadges.checking import fetching
from credentials_badges.openbadges.checking.fetching import Fetcher
from providers.badgekit.models import BadgeInstance
from tests.openbadges.signed import endorse

HERE = "https://badges.example"
client = Client()


@pytest.fixture(autouse=True)
def _no_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    """Any call would be one too many."""

    def ask(*_: Any) -> None:
        pytest.fail("the service has called somebody")

    monkeypatch.setattr(Fetcher, "_ask", ask)


def files(badge: Badge) -> dict[str, bytes]:
    """All that a learner can take along."""
    paths = [f"/ob/v3/credentials/{badge.uuid}{end}" for end in ("", ".jwt", ".png", ".svg")]
    paths += [f"/ob/v2/assertions/{badge.uuid}{end}" for end in ("", ".png", ".svg")]
    return {path: client.get(path).content for path in paths}


def check(content: bytes, email: str = "") -> Any:
    """What the page has found."""
    answer = client.post("/verify/", {"file": SimpleUploadedFile("badge", content), "email": email})
    assert answer.status_code == 200
    assert answer.context.get("unreadable") is None, answer.context.get("unreadable")
    return answer.context["found"]


def test_each_form_of_it_holds_and_is_this_services(badge: Badge) -> None:
    for path, content in files(badge).items():
        found = check(content, "ada@example.com")
        assert (path, found.holds) == (path, True)
        assert found.checks[1].answer.startswith("This service, in the name of “Code Club”.")
        assert found.about.name == "Coder"
        assert check(content, "bob@example.com").holds is False


@pytest.mark.parametrize("below", ["ob/v3/credentials/{}", "ob/v3/credentials/{}.jwt", "ob/v2/assertions/{}"])
@pytest.mark.parametrize("base", [HERE, f"{HERE}:443", "HTTPS://BADGES.example", "http://badges.example"])
def test_so_does_its_address(badge: Badge, below: str, base: str) -> None:
    if base == HERE or "v3" in below:
        assert check(f"{base}/{below.format(badge.uuid)}".encode()).holds is True


@pytest.mark.parametrize("page", ["", "verify/", "?from=qr"])
def test_the_address_of_its_page_means_the_badge(badge: Badge, page: str) -> None:
    answer = client.post("/verify/", {"text": f"{HERE}/badges/{badge.uuid}/{page}"})
    assert answer.context["found"].holds is True
    assert f'href="/badges/{badge.uuid}/verify/"' in answer.content.decode()
    assert "Ada Lovelace" not in answer.content.decode()


def test_what_was_changed_in_it_is_found(badge: Badge) -> None:
    of = files(badge)
    document, assertion = of[f"/ob/v3/credentials/{badge.uuid}"], of[f"/ob/v2/assertions/{badge.uuid}"]
    assert check(document.replace(b'"Coder"', b'"Codes"')).holds is False
    assert check(assertion.replace(b"2026-03-01", b"2025-03-01")).holds is False
    head, body, tail = of[f"/ob/v3/credentials/{badge.uuid}.jwt"].split(b".")
    assert check(b".".join([head, body, b"A" * len(tail)])).holds is False


@pytest.mark.parametrize("side", ["revoked", "retired"])
def test_what_was_taken_back_does_not_stand(badge: Badge, side: str) -> None:
    of = files(badge)
    if side == "revoked":
        Badge.objects.update(status="revoked", revoked_at=timezone.now(), revoke_reason="Copied it")
    else:
        Learner.objects.update(retired_at=timezone.now())
    for path, content in of.items():
        found = check(content)
        assert (path, found.holds) == (path, False)
        assert "Copied it" not in repr(found)
    answer = client.post("/verify/", {"text": f"{HERE}/ob/v3/credentials/{badge.uuid}"})
    assert answer.context["found"].holds is False


def test_what_has_expired_is_over(badge: Badge) -> None:
    BadgeInstance.objects.update(expires=datetime(2026, 4, 1, tzinfo=UTC))
    assert {path: check(content).holds for path, content in files(badge).items()} == dict.fromkeys(files(badge), False)


@pytest.mark.parametrize("kind", ["badge", "template", "programme"])
def test_its_endorsements_are_told_in_whose_name_they_are(badge: Badge, kind: str) -> None:
    endorse(badge, kind)
    for path, content in files(badge).items():
        found = check(content)
        is_in_it = kind != "badge" or path.endswith((".jwt", ".png", ".svg")) or "v2" in path
        assert (path, found.holds) == (path, True)
        assert (path, [each.holds for each in found.endorsements]) == (path, [True] * is_in_it)
        assert all(each.comment == "We **trust** it." for each in found.endorsements)


def test_an_endorsement_that_was_taken_back_is_told_to_be(badge: Badge) -> None:
    endorse(badge, "template")
    of = files(badge)
    Endorsement.objects.update(state=Endorsement.State.REVOKED)
    for path in (f"/ob/v3/credentials/{badge.uuid}", f"/ob/v3/credentials/{badge.uuid}.jwt"):
        found = check(of[path])
        assert (found.holds, [each.holds for each in found.endorsements]) == (True, [False])


def test_of_our_addresses_only_documents_are_looked_at(badge: Badge) -> None:
    for path in ("/", "/admin/", "/my/", "/api/v1/", f"/ob/v2/assertions/{badge.template.uuid}", "/nothing", "/%00"):
        assert fetching.Fetcher().get(HERE + path).status == 404
    answer = client.post("/verify/", {"text": f"{HERE}/admin/"})
    assert "There is no badge at that address." in answer.content.decode()
