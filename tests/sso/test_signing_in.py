"""People sign in with accounts of another site, as themselves and as nobody else."""

import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from django.contrib.auth.models import Group, Permission
from django.test import Client
from django.utils import timezone
from social_django.models import Association, UserSocialAuth

from credentials_badges.badges import auditing, retiring
from credentials_badges.badges.models import AccountMember, Learner, ProviderAccount
from providers.badgekit.models import Member, System
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

    @pytest.mark.parametrize("right", ["member", "account", "group", "permission"])
    @pytest.mark.parametrize("backend", ["oidc", "edx-oauth2"])
    def test_nobody_gets_another_s_rights_of_any_kind_by_an_address_or_a_name(
        self, client: Client, harbour: Provider, right: str, backend: str
    ) -> None:
        ada = Learner.objects.create_user("ada", "ada@example.com")
        if right == "member":
            Member.objects.create(system=System.objects.create(slug="city", name="City"), user=ada, role="reader")
        elif right == "account":
            account = ProviderAccount.objects.create(provider="credly", external_id="harbour")
            AccountMember.objects.create(account=account, user=ada, role="reader")
        elif right == "group":
            ada.groups.add(Group.objects.create(name="Helpers"))
        else:
            ada.user_permissions.add(Permission.objects.all()[0])
        harbour.person = {**ADA, **AT_LMS}
        answer = sign_in(client, backend)
        assert (answer.status_code, "Sign in with your password once" in words(answer)) == (403, True)
        assert who(client) is None

    @pytest.mark.parametrize(
        "address", ["\u212aevin@example.com", "\u2003kevin@example.com", "kevin@example.com\n", "kevin@example.com\x1f"]
    )
    def test_an_address_that_only_becomes_another_s_is_not_theirs(
        self, client: Client, harbour: Provider, address: str
    ) -> None:
        kevin = Learner.objects.create_user("kevin", "kevin@example.com")
        harbour.person = {**ADA, "email": address}
        sign_in(client)
        learner = who(client)
        assert learner not in {kevin, None}
        assert learner.email == ""  # type: ignore[union-attr]

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

    @pytest.mark.parametrize("subject", ["", None, 5, [], "a" * 256, "\ud800"])
    def test_an_account_without_a_name_of_its_own_is_nobody_s(
        self, client: Client, harbour: Provider, subject: object
    ) -> None:
        harbour.person = {**ADA, "sub": subject}
        assert sign_in(client).status_code in {403, 503}
        assert not Learner.objects.exists()

    @pytest.mark.parametrize("told", [["x"], "x", 5, [], {}, {"sub": "victim", "email": "ada@example.com"}])
    def test_what_is_told_besides_has_to_be_of_the_same_account(
        self, client: Client, harbour: Provider, told: object
    ) -> None:
        harbour.person, harbour.userinfo = {"sub": "me"}, told
        assert sign_in(client).status_code in {403, 503}
        assert not Learner.objects.exists()

    def test_what_is_told_besides_of_the_account_counts(self, client: Client, harbour: Provider) -> None:
        ada = Learner.objects.create_user("ada", "ada@example.com")
        harbour.person = {"sub": "me"}
        harbour.userinfo = {"sub": "me", "email": "ada@example.com", "email_verified": True}
        sign_in(client)
        assert who(client) == ada

    def test_letters_that_no_database_takes_are_left_out_of_a_name(self, client: Client, harbour: Provider) -> None:
        harbour.person = {**ADA, "name": "A\ud800d\0a"}
        sign_in(client)
        assert Learner.objects.get().full_name == "Ada"

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
        assert Client().get("/login/oidc/")["Location"] == "/login/"
        assert Client().put("/login/oidc/").status_code == 405
        assert Client(enforce_csrf_checks=True).post("/login/oidc/").status_code == 403

    def test_a_site_that_is_not_known_leads_to_the_sign_in_page(self, client: Client, db: None) -> None:
        assert client.post("/login/oidc/")["Location"] == "/login/"
        assert client.get("/complete/nobody/")["Location"] == "/login/"
