"""People sign in with accounts of an Open edX LMS, which is where usernames come from."""

from typing import Any

import pytest
from django.test import Client

from credentials_badges.badges.models import Learner
from tests.sso.provider import Provider
from tests.sso.test_signing_in import AT_LMS, sign_in, who, words

pytestmark = [pytest.mark.loopback, pytest.mark.enable_socket, pytest.mark.django_db]


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

    def test_another_id_of_the_lms_is_another_person_each_time(self, client: Client, harbour: Provider) -> None:
        harbour.person = AT_LMS
        sign_in(client, "edx-oauth2")
        harbour.person = {**AT_LMS, "user_id": 8}
        later = Client()
        assert sign_in(later, "edx-oauth2").status_code == 403
        assert who(later) is None
        connecting = Client()
        ben = Learner.objects.create_user("ben", lms_user_id=9)
        connecting.force_login(ben, "credentials_badges.badges.passwords.Passwords")
        harbour.person = {**AT_LMS, "preferred_username": "unknown"}
        assert sign_in(connecting, "edx-oauth2").status_code == 403

    def test_nobody_takes_a_claim_by_calling_themselves_like_its_address(
        self, client: Client, harbour: Provider
    ) -> None:
        Learner.objects.create_user("sam@example.net", "sam@example.net")
        harbour.person = {"preferred_username": "sam@example.net", "email": "evil@example.com", "email_verified": True}
        assert sign_in(client, "edx-oauth2").status_code == 403

    @pytest.mark.parametrize("name", ["", None, 5, "a\0b", "a" * 300, "a\ud800", "ada\n"])
    def test_odd_names_are_refused_in_words(self, client: Client, harbour: Provider, name: object) -> None:
        harbour.person = {"preferred_username": name}
        assert sign_in(client, "edx-oauth2").status_code == 403
        assert not Learner.objects.exists()
