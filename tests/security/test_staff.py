"""Staff reach no further than their permissions, to no rights, tokens or secrets; nobody brings back the retired."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.contrib.messages import get_messages
from django.db.models import Q
from django.test import Client
from django.utils import timezone
from rest_framework.authtoken.models import Token

from credentials_badges.badges import auditing, posting, retiring
from credentials_badges.badges.admin import learners
from credentials_badges.badges.models import Learner, Mail
from providers.badgekit.models import Member, System

pytestmark = [pytest.mark.once, pytest.mark.django_db]
LEARNERS, TOKENS = "/admin/badges/learner/", "/admin/authtoken/tokenproxy/"
NEW = {"password1": "Zebra-nine-99x", "password2": "Zebra-nine-99x", "usable_password": "true"}


def staff(*permissions: str) -> tuple[Learner, Client]:
    """Somebody who may look at everything, and has these permissions besides."""
    made = Learner.objects.create(username="sam", is_staff=True)
    may = Permission.objects.filter(Q(codename__startswith="view_") | Q(codename__in=permissions))
    made.user_permissions.set(may)
    client = Client()
    client.force_login(made)
    return made, client


def trusted() -> list[Learner]:
    """Whoever has rights of any sort."""
    names = ("root", "cleo", "prog", "mem", "orga")
    root, clerk, program, member, organiser = (Learner.objects.create(username=name) for name in names)
    Learner.objects.filter(pk=root.pk).update(is_superuser=True)
    Learner.objects.filter(pk=clerk.pk).update(is_staff=True)
    program.user_permissions.add(Permission.objects.get(codename="retire_learner"))
    member.groups.add(Group.objects.create(name="clerks"))
    Member.objects.create(system=System.objects.create(slug="city", name="City"), user=organiser, role="reader")
    return [root, clerk, program, member, organiser]


def test_who_may_change_learners_gets_no_rights_by_it() -> None:
    sam, client = staff("change_learner", "delete_learner", "change_group")
    ada = Learner.objects.create(username="ada")
    for each in (sam, *trusted()):
        row = f"{LEARNERS}{each.pk}"
        posts = (f"{row}/change/", {"username": "x"}), (f"{row}/password/", NEW), (f"{row}/delete/", {"post": "yes"})
        assert [client.post(*post).status_code for post in posts] == [403] * 3
    told = {"username": "ada", "full_name": "Ada", "is_active": "on", "is_staff": "on", "is_superuser": "on"}
    every = [each.pk for each in Permission.objects.all()]
    assert client.post(f"{LEARNERS}{ada.pk}/change/", {**told, "user_permissions": every}).status_code == 302
    ada.refresh_from_db()
    assert (ada.full_name, ada.is_staff, ada.is_superuser, ada.user_permissions.count()) == ("Ada", False, False, 0)
    assert client.post(f"{LEARNERS}{ada.pk}/password/", NEW).status_code == 302
    group = Group.objects.get(name="clerks")
    client.post(f"/admin/auth/group/{group.pk}/change/", {"name": "officers", "permissions": every})
    group.refresh_from_db()
    assert (group.name, group.permissions.count()) == ("officers", 0)


def test_tokens_are_shown_once_to_whoever_makes_them() -> None:
    _, client = staff("add_tokenproxy", "change_tokenproxy", "delete_tokenproxy", "delete_learner")
    ada, others = Learner.objects.create(username="ada"), trusted()
    for each in others:
        assert client.post(f"{TOKENS}add/", {"user": each.pk}).status_code == 200
    assert not Token.objects.exists()
    made = client.post(f"{TOKENS}add/", {"user": ada.pk})
    key = Token.objects.get().key
    shown = [str(each) for each in get_messages(made.wsgi_request)]
    assert f"The key of ada, which is not shown again: {key}" in shown
    client.get(f"{TOKENS}?_popup=1")  # Shows the messages.
    for each in others:
        Token.objects.create(user=each)
        assert client.post(f"{TOKENS}{each.pk}/delete/", {"post": "yes"}).status_code == 403
    assert client.post(f"{TOKENS}{ada.pk}/change/", {"user": others[0].pk}).status_code == 403
    pages = (
        "",
        "?_popup=1",
        "?_popup=1&_to_field=key",
        *(f"{ada.pk}/{page}/" for page in ("change", "delete", "history")),
    )
    for address in (*(TOKENS + page for page in pages), f"{LEARNERS}{ada.pk}/delete/"):
        answer = client.get(address)
        assert answer.status_code == 200, address
        assert not [token for token in Token.objects.all() if token.key in answer.text], address
    assert client.post(f"{TOKENS}{ada.pk}/delete/", {"post": "yes"}).status_code == 302
    assert Token.objects.count() == len(others)


@pytest.mark.parametrize(
    "lookup",
    [
        *("badges/mail/?text__regex=a", "badges/mail/?html__contains=a", "badges/learner/?password__startswith=a"),
        *("badges/learner/?auth_token__key__gt=a", "badges/learner/?auth_token__gt=a", "badges/learner/?auth_token=a"),
        *("authtoken/tokenproxy/?key__gt=a", "authtoken/tokenproxy/?pk__gt=a", "badges/issuance/?account__api_key=a"),
        *("badges/credlyorganization/?webhook_token__startswith=a", "badgekit/webhook/?secret__startswith=a"),
        *("badgekit/claimcode/?code__startswith=a", "badgekit/webhookcall/?body__contains=a"),
    ],
)
def test_secrets_are_not_found_by_looking_them_up(lookup: str) -> None:
    _, client = staff()
    posting.post([Mail(to="a@example.com", subject="s", text="a", html="a")])
    assert client.get(f"/admin/{lookup}").status_code == 400


@pytest.mark.parametrize("lookup", ["badges/mail/?status__exact=dead", "badges/issuance/?account__id__exact=1"])
def test_what_is_no_secret_is_looked_up_as_ever(lookup: str) -> None:
    assert staff()[1].get(f"/admin/{lookup}").status_code == 200


@pytest.fixture
def retired_meanwhile(monkeypatch: pytest.MonkeyPatch) -> Callable[[Learner], None]:
    """Retires the learner once the form has read the row, and is about to lock it."""

    def prepare(learner: Learner) -> None:
        def late(**which: Any) -> list[Learner]:
            monkeypatch.undo()
            retiring.retire(learner, timezone.now(), via=auditing.Via.COMMAND, by="op")
            return learners.locked_learners(**which)

        monkeypatch.setattr(learners, "locked_learners", late)

    return prepare


@pytest.mark.parametrize("page", ["change", "password"])
def test_nobody_brings_back_the_retired(
    page: str, admin_client: Client, retired_meanwhile: Callable[[Learner], None]
) -> None:
    ada = Learner.objects.create(username="ada", email="ada@example.com")
    retired_meanwhile(ada)
    told = {"username": "ada", "email": "ada@example.com", "full_name": "New", "is_active": "on"}
    row = f"{LEARNERS}{ada.pk}/{page}/"
    refused = admin_client.post(row, told if page == "change" else NEW, follow=True)
    assert "Nothing was saved: the learner was retired at this moment." in refused.text
    # What the other one did was in the same transaction here, and is undone with it.
    retiring.retire(ada, timezone.now(), via=auditing.Via.COMMAND, by="op")
    assert admin_client.post(row, told if page == "change" else NEW).status_code == 403
    assert not Learner.objects.filter(email="ada@example.com").exists()


def test_only_what_was_changed_is_saved(admin_client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    ada = Learner.objects.create(username="ada", email="old@example.com")
    lock = learners.locked_learners

    def late(**which: Any) -> list[Learner]:
        Learner.objects.filter(pk=ada.pk).update(lms_user_id=7)
        return lock(**which)

    monkeypatch.setattr(learners, "locked_learners", late)
    told = {"username": "ada", "email": "new@example.com", "is_active": "on"}
    assert admin_client.post(f"{LEARNERS}{ada.pk}/change/", told).status_code == 302
    ada.refresh_from_db()
    assert (ada.email, ada.lms_user_id) == ("new@example.com", 7)


@pytest.mark.parametrize("username", ["jose\u0301", "\ufb01ona", "ada\u00a0", "ada"])
def test_nobody_is_renamed_by_a_page(username: str) -> None:
    """Events find the learner by the username: under another, a second one would be made, or a stranger's be theirs."""
    _, client = staff("change_learner", "view_learner")
    learner = Learner.objects.create(username=username)
    told = {"username": "another", "full_name": "A New Name", "is_active": "on"}
    assert client.post(f"{LEARNERS}{learner.pk}/change/", told).status_code == 302
    learner.refresh_from_db()
    assert (learner.username, learner.full_name) == (username, "A New Name")
