"""People sign in with accounts of another site, as themselves and as nobody else."""

import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from django.test import Client
from django.utils import timezone
from social_django.models import Association, UserSocialAuth

from credentials_badges.badges import auditing, retiring
from credentials_badges.badges.models import Learner
from tests.sso.provider import Provider

pytestmark = [pytest.mark.loopback, pytest.mark.enable_socket, pytest.mark.django_db]
ADA = {"sub": "ada-at-home", "email": "Ada@Example.com", "email_verified": True, "name": "Ada Doe"}
AT_LMS = {"preferred_username": "ada", "user_id": 7, "email": "ada@example.com", "email_verified": True, "name": "Ada"}


def go(client: Client, backend: str = "oidc", to: str = "") -> str:
    """Press the button; returns where the provider sends the browser back to."""
    page = client.post(f"/login/{backend}/", {"next": to})
    assert page.status_code == 200, page.text
    there = page["Refresh"].removeprefix("0; url=")
    back = requests.get(f"{there}&yes=yes", allow_redirects=False, timeout=5).headers["Location"]
    parts = urlsplit(back)
    return f"{parts.path}?{parts.query}"


def sign_in(client: Client, backend: str = "oidc", to: str = "") -> Any:
    return client.get(go(client, backend, to))


def who(client: Client) -> Learner | None:
    id_ = client.session.get("_auth_user_id")
    return Learner.objects.get(pk=id_) if id_ else None


def words(answer: Any) -> str:
    return " ".join(re.sub("<[^>]+>", " ", answer.text).split())


class TestOpenIdConnect:
    """Any provider."""

    def test_whoever_nobody_knew_becomes_a_learner_and_stays_the_same(self, client: Client, harbour: Provider) -> None:
        harbour.person = ADA
        assert sign_in(client)["Location"] == "/my/"
        learner = who(client)
        assert learner is not None
        assert (learner.address, learner.full_name, learner.has_usable_password()) == (
            "ada@example.com",
            "Ada Doe",
            False,
        )
        again = Client()
        harbour.person = {**ADA, "email": "new@example.com"}
        sign_in(again)
        assert who(again) == learner
        assert Learner.objects.count() == 1
        (kept,) = UserSocialAuth.objects.all()
        assert (kept.extra_data, "ada" in kept.uid) == ({}, False)
        assert not Association.objects.exists()

    def test_it_leads_to_where_somebody_wanted_to_go_and_only_here(self, client: Client, harbour: Provider) -> None:
        assert sign_in(client, to="/my/earned/")["Location"] == "/my/earned/"
        for evil in ("https://evil.example/", "//evil.example/", "javascript:alert(1)"):
            assert sign_in(Client(), to=evil)["Location"] == "/my/"

    def test_a_learner_is_found_by_the_verified_address(self, client: Client, harbour: Provider) -> None:
        ada = Learner.objects.create_user("ada", "ada@example.com")
        harbour.person = ADA
        sign_in(client)
        assert who(client) == ada

    @pytest.mark.parametrize("verified", [False, None, "true"])
    def test_an_address_that_is_not_verified_says_nothing(
        self, client: Client, harbour: Provider, verified: object
    ) -> None:
        ada = Learner.objects.create_user("ada", "ada@example.com")
        harbour.person = {**ADA, "email_verified": verified}
        sign_in(client)
        learner = who(client)
        assert learner not in {ada, None}
        assert learner.email == ""  # type: ignore[union-attr]

    def test_of_two_with_one_address_nobody_is_found(self, client: Client, harbour: Provider) -> None:
        two = {Learner.objects.create_user(name, "ada@example.com") for name in ("ada", "ada2")}
        harbour.person = ADA
        sign_in(client)
        learner = who(client)
        assert learner is not None
        assert learner not in two
        assert learner.email == ""

    def test_the_learner_of_the_lms_comes_before_the_one_of_a_claim(self, client: Client, harbour: Provider) -> None:
        Learner.objects.create_user("ada@example.com", "ada@example.com")
        ada = Learner.objects.create_user("ada", "ada@example.com")
        harbour.person = ADA
        sign_in(client)
        assert who(client) == ada

    @pytest.mark.parametrize("right", ["is_staff", "is_superuser"])
    def test_nobody_becomes_an_administrator_by_an_address(self, client: Client, harbour: Provider, right: str) -> None:
        Learner.objects.create_user("root", "ada@example.com", **{right: True})
        harbour.person = ADA
        answer = sign_in(client)
        assert answer.status_code == 403
        assert "Sign in with your password once" in words(answer)
        assert who(client) is None
        assert not UserSocialAuth.objects.exists()

    def test_an_administrator_connects_the_account_and_signs_in_by_it(self, client: Client, harbour: Provider) -> None:
        root = Learner.objects.create_user("root", "ada@example.com", is_staff=True)
        client.force_login(root, "credentials_badges.badges.passwords.Passwords")
        harbour.person = ADA
        assert "Connect your account at Harbour" in client.get("/login/").text
        sign_in(client)
        later = Client()
        sign_in(later)
        assert who(later) == root

    def test_nobody_connects_what_is_another_s(self, harbour: Provider) -> None:
        harbour.person = ADA
        sign_in(Client())
        client = Client()
        client.force_login(Learner.objects.create_user("ben"), "credentials_badges.badges.passwords.Passwords")
        answer = sign_in(client)
        assert (answer.status_code, "belongs to another learner" in words(answer)) == (403, True)

    @pytest.mark.parametrize("off", [{"is_active": False}, {"retired_at": timezone.now()}])
    def test_whoever_was_switched_off_is_told_so(self, client: Client, harbour: Provider, off: dict[str, Any]) -> None:
        harbour.person = ADA
        sign_in(Client())
        Learner.objects.update(**off)
        answer = sign_in(client)
        assert (answer.status_code, "has been switched off" in words(answer)) == (403, True)
        assert who(client) is None

    def test_whoever_is_retired_is_forgotten_here_too(self, client: Client, harbour: Provider) -> None:
        harbour.person = ADA
        sign_in(client)
        old = who(client)
        assert old is not None
        retiring.retire(old, timezone.now(), via=auditing.Via.COMMAND, by="operator")
        assert not UserSocialAuth.objects.exists()
        later = Client()
        sign_in(later)
        assert who(later) not in {None, old}


class TestLies:
    """What is not as it should be signs nobody in, and breaks nothing."""

    @pytest.mark.parametrize(
        "lie", [{"nonce": "another"}, {"iss": "https://evil.example"}, {"aud": "others"}, {"exp": 1}, {"iat": 1}]
    )
    def test_a_token_that_is_not_for_this_sign_in_is_refused(
        self, client: Client, harbour: Provider, lie: dict[str, Any]
    ) -> None:
        harbour.lies = lie
        answer = sign_in(client)
        assert (answer.status_code, "have not been signed in" in words(answer)) == (403, True)
        assert who(client) is None
        assert not Learner.objects.exists()
        harbour.lies = {}
        assert sign_in(client).status_code == 302

    def test_a_state_of_another_browser_is_refused(self, client: Client, harbour: Provider) -> None:
        back = go(Client())
        assert client.get(back).status_code == 403
        go(client)
        assert client.get("/complete/oidc/?code=x&state=wrong").status_code == 403
        assert who(client) is None

    def test_a_way_back_is_good_once(self, client: Client, harbour: Provider) -> None:
        back = go(client)
        client.get(back)
        client.logout()
        assert client.get(back).status_code == 403

    def test_whoever_says_no_is_told_that_they_are_not_signed_in(self, client: Client, harbour: Provider) -> None:
        state = parse_qs(urlsplit(go(client)).query)["state"][0]
        answer = client.get(f"/complete/oidc/?error=access_denied&state={state}")
        assert (answer.status_code, "Try again" in words(answer)) == (403, True)

    @pytest.mark.parametrize("backend", ["oidc", "edx-oauth2"])
    def test_a_provider_that_is_down_is_told_in_words(self, client: Client, harbour: Provider, backend: str) -> None:
        back = go(client, backend)
        harbour.is_down = True
        answer = client.get(back)
        assert (answer.status_code, "does not answer at present" in words(answer)) == (503, True)

    def test_going_there_needs_our_own_form(self, harbour: Provider) -> None:
        assert Client().get("/login/oidc/").status_code == 405
        assert Client(enforce_csrf_checks=True).post("/login/oidc/").status_code == 403

    def test_a_site_that_is_not_known_leads_to_the_sign_in_page(self, client: Client, db: None) -> None:
        assert client.post("/login/oidc/")["Location"] == "/login/"
        assert client.get("/complete/nobody/")["Location"] == "/login/"


class TestOpenEdx:
    """The LMS, which is where usernames come from."""

    def test_the_learner_of_that_username_is_signed_in(self, client: Client, harbour: Provider) -> None:
        ada = Learner.objects.create_user("ada", "somewhere@example.com", lms_user_id=7)
        harbour.person = AT_LMS
        assert sign_in(client, "edx-oauth2")["Location"] == "/my/"
        assert who(client) == ada

    def test_whoever_nobody_knew_gets_the_username(self, client: Client, harbour: Provider) -> None:
        harbour.person = AT_LMS
        sign_in(client, "edx-oauth2")
        learner = who(client)
        assert learner is not None
        assert (learner.username, learner.lms_user_id, learner.email) == ("ada", 7, "ada@example.com")

    @pytest.mark.parametrize(
        ("known", "says"),
        [
            ({"lms_user_id": 8}, "not clear which learner"),
            ({"is_staff": True}, "Sign in with your password"),
            ({"is_superuser": True, "lms_user_id": 7}, "Sign in with your password"),
            ({"is_active": False}, "switched off"),
        ],
    )
    def test_a_name_alone_is_not_enough(
        self, client: Client, harbour: Provider, known: dict[str, Any], says: str
    ) -> None:
        Learner.objects.create_user("ada", **known)
        harbour.person = AT_LMS
        answer = sign_in(client, "edx-oauth2")
        assert (answer.status_code, says in words(answer)) == (403, True)
        assert who(client) is None

    def test_nobody_takes_a_claim_by_calling_themselves_like_its_address(
        self, client: Client, harbour: Provider
    ) -> None:
        Learner.objects.create_user("sam@example.net", "sam@example.net")
        harbour.person = {"preferred_username": "sam@example.net", "email": "evil@example.com", "email_verified": True}
        assert sign_in(client, "edx-oauth2").status_code == 403

    @pytest.mark.parametrize("name", ["", None, 5, "a\0b", "a" * 300])
    def test_odd_names_are_refused_in_words(self, client: Client, harbour: Provider, name: object) -> None:
        harbour.person = {"preferred_username": name}
        assert sign_in(client, "edx-oauth2").status_code == 403
        assert not Learner.objects.exists()
