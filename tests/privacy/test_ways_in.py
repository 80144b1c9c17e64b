"""Learners are retired by the REST API, by a command, by the LMS, and from the administration."""

import importlib.util
import re
import sys
from io import StringIO
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import responses
from django.contrib.auth.models import Permission
from django.core.management import CommandError, call_command
from django.dispatch import Signal
from django.test import Client
from rest_framework.authtoken.models import Token

from credentials_badges.badges import events
from credentials_badges.badges.models import AuditEntry, Learner
from tests.badges.admin_by_hand import messages, staff
from tests.badges.world import passing

pytestmark = pytest.mark.once

ADDRESS = "/api/v1/retire_user/"
ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def ada(db: None) -> Learner:
    events.accept([events.read(passing("ada", "OneX")), events.read(passing("ada2", "OneX"))])
    return Learner.objects.get(username="ada")


@pytest.fixture
def pipeline(client: Client) -> Client:
    """The LMS's retirement pipeline, with its token."""
    worker = Learner.objects.create(username="retirement_worker")
    worker.user_permissions.add(Permission.objects.get(codename="retire_learner"))
    client.defaults["HTTP_AUTHORIZATION"] = f"Token {Token.objects.create(user=worker).key}"
    return client


def ask(client: Client, **body: Any) -> int:
    return client.post(ADDRESS, body, content_type="application/json").status_code


def here() -> list[str]:
    """Who is not retired, of those that events have told of."""
    return sorted(Learner.objects.filter(username__startswith="ada").values_list("username", flat=True))


class TestTheApi:
    def test_it_may_be_asked_again_and_about_anybody(self, pipeline: Client) -> None:
        assert [ask(pipeline, username="ada") for _ in range(2)] == [204, 204]
        assert here() == ["ada2"]
        assert ask(pipeline, username="Ada2") == 204
        assert here() == ["ada2"]
        assert AuditEntry.objects.get().actor_name == "retirement_worker"

    def test_by_the_id_in_the_lms(self, pipeline: Client, ada: Learner) -> None:
        assert ask(pipeline, lms_user_id=ada.lms_user_id, username="ada2") == 204
        assert here() == ["ada", "ada2"]
        assert ask(pipeline, lms_user_id=ada.lms_user_id) == 204
        assert here() == ["ada2"]

    def test_before_anything_is_done_it_is_looked_whether_anybody_works_here(
        self, pipeline: Client, ada: Learner
    ) -> None:
        Learner.objects.update(lms_user_id=77)
        Learner.objects.filter(username="ada2").update(is_staff=True)
        assert ask(pipeline, lms_user_id=77) == 409
        assert here() == ["ada", "ada2"]

    @pytest.mark.parametrize("username", ["ada ", "ada  ", " ada"])
    def test_no_name_ends_with_a_space(self, pipeline: Client, username: str) -> None:
        assert ask(pipeline, username=username) == 400
        assert here() == ["ada", "ada2"]

    @pytest.mark.parametrize(
        "body", [{}, {"username": ""}, {"username": None}, {"username": ["ada"]}, {"lms_user_id": 0}]
    )
    def test_whoever_is_not_named_is_not_retired(self, pipeline: Client, body: dict[str, Any]) -> None:
        assert ask(pipeline, **body) == 400
        assert here() == ["ada", "ada2"]

    @pytest.mark.parametrize(
        "body", [b"[]", b"nonsense", b'"ada"', b'{"username": "a\\u0000"}', b'{"username": "\\ud800"}']
    )
    def test_nonsense_is_refused(self, pipeline: Client, body: bytes) -> None:
        assert pipeline.post(ADDRESS, body, content_type="application/json").status_code == 400

    def test_it_needs_its_own_permission(self, client: Client, ada: Learner) -> None:
        assert ask(client, username="ada") == 401
        client.force_login(ada)
        assert ask(client, username="ada") == 403
        assert here() == ["ada", "ada2"]

    def test_whoever_works_here_is_not_retired(self, pipeline: Client) -> None:
        Learner.objects.filter(username="ada").update(is_staff=True)
        assert ask(pipeline, username="ada") == 409
        assert here() == ["ada", "ada2"]


class TestTheCommand:
    def told(self, *arguments: str) -> str:
        out = StringIO()
        call_command("retire_learner", *arguments, stdout=out)
        return out.getvalue()

    def test_it_says_what_it_did_and_names_nobody(self) -> None:
        assert self.told("ada", "--dry-run").startswith("To be retired: badges: 0, ")
        assert here() == ["ada", "ada2"]
        told = re.sub(r"retired__[0-9a-f]{32}", "", self.told("ada", "--yes"))  # By chance, it may hold any letters.
        assert "ada" not in told
        assert here() == ["ada2"]

    def test_nobody_to_ask(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("sys.stdin", StringIO("ada"))
        with pytest.raises(CommandError, match="say --yes"):
            self.told("ada")
        assert here() == ["ada", "ada2"]

    @pytest.mark.parametrize(("answer", "left"), [("ada", ["ada2"]), ("yes", ["ada", "ada2"])])
    def test_somebody_is_asked(self, monkeypatch: pytest.MonkeyPatch, answer: str, left: list[str]) -> None:
        monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
        monkeypatch.setattr("builtins.input", lambda _: answer)
        if answer == "ada":
            self.told("ada")
        else:
            with pytest.raises(CommandError, match="Nothing was done"):
                self.told("ada")
        assert here() == left

    def test_nobody_of_that_name(self) -> None:
        with pytest.raises(CommandError, match="Upper and lower case matter"):
            self.told("Ada", "--yes")
        assert "Nobody here is called 'Ada'" in self.told("Ada", "--yes", "--missing-ok")

    def test_somebody_who_works_here(self) -> None:
        Learner.objects.filter(username="ada").update(is_superuser=True)
        with pytest.raises(CommandError, match="works here"):
            self.told("ada", "--yes")


class TestTheAdministration:
    def test_it_needs_the_permission(self) -> None:
        client = staff("view_learner", "change_learner")
        chosen = {"action": "retire", "_selected_action": [Learner.objects.get(username="ada").pk]}
        client.post("/admin/badges/learner/", chosen)
        assert client.post("/admin/badges/learner/retire/", {"chosen": "x"}).status_code == 403
        assert here() == ["ada", "ada2"]

    def test_it_has_to_be_confirmed_by_whoever_was_asked(self, ada: Learner) -> None:
        client, other = (staff("view_learner", "retire_learner", username=f"clerk{n}") for n in range(2))
        chosen = {"action": "retire", "_selected_action": [ada.pk, Learner.objects.get(username="clerk0").pk]}
        asked = client.post("/admin/badges/learner/", chosen).context["chosen"]
        assert here() == ["ada", "ada2"]
        assert "Nobody was retired" in messages(other.post("/admin/badges/learner/retire/", {"chosen": asked}))[0]
        told = messages(client.post("/admin/badges/learner/retire/", {"chosen": asked}))
        assert told[0].startswith("Retired, and known as retired__")
        assert told[1] == "clerk0 works here: take the rights of staff away first."
        assert here() == ["ada2"]


class TestTheLms:
    @pytest.fixture
    def signal(self, monkeypatch: pytest.MonkeyPatch, settings: Any) -> Signal:
        """The LMS's signal, to which the receiver is connected as its first lines say."""
        settings.CREDENTIALS_BADGES_URL = "https://badges.example.org/"
        settings.CREDENTIALS_BADGES_TOKEN = "its-token"
        name = "openedx.core.djangoapps.user_api.accounts.signals"
        signals = ModuleType(name)
        signals.USER_RETIRE_LMS_MISC = Signal()  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, name, signals)
        path = ROOT / "deploy" / "lms" / "retirement.py"
        spec = importlib.util.spec_from_file_location("retirement", path)
        assert spec
        assert spec.loader
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        documented = [line.strip() for line in (module.__doc__ or "").splitlines() if "USER_RETIRE_LMS_MISC" in line]
        parents = name.split(".")
        for end in range(1, len(parents)):
            package = ModuleType(".".join(parents[:end]))
            package.__path__ = []
            monkeypatch.setitem(sys.modules, package.__name__, package)
        exec("\n".join(documented), {"retire": module.retire})  # noqa: S102 (The lines that people copy.)
        return signals.USER_RETIRE_LMS_MISC  # type: ignore[attr-defined,no-any-return]

    def test_who_is_retired_there_is_asked_to_be_retired_here(self, signal: Signal, ada: Learner) -> None:
        with responses.RequestsMock() as mock:
            mock.post(f"https://badges.example.org{ADDRESS}", status=204)
            signal.send(sender=object, user=ada)
            request = mock.calls[0].request  # type: ignore[union-attr]
        assert (request.headers["Authorization"], request.body) == ("Token its-token", b'{"username": "ada"}')

    @pytest.mark.parametrize("status", [401, 403, 409, 500, 302])
    def test_what_did_not_succeed_stops_the_retirement(self, signal: Signal, ada: Learner, status: int) -> None:
        with responses.RequestsMock() as mock:
            mock.post(f"https://badges.example.org{ADDRESS}", status=status)
            with pytest.raises(RuntimeError, match=str(status)):
                signal.send(sender=object, user=ada)
