"""Reports and members by the REST API."""

import csv
from io import StringIO
from typing import Any

import pytest

from credentials_badges.badges import visiting
from providers.badgekit.models import Batch, CodeVisits, Member
from tests.providers.badgekit.api import badge, make
from tests.providers.badgekit.claim_page import code, kept, learner
from tests.providers.badgekit.desk import member, system
from tests.providers.badgekit.rest_client import (
    API,
    at,
    calling,
    claiming,
    done,
    expected,
    look,
    read,
    send,
    statements,
    statuses,
    working,
)

pytestmark = [pytest.mark.once, pytest.mark.usefixtures("api")]


def earn(text: str, *usernames: str, of: str = "coder", **told: Any) -> Any:
    """A code that they have claimed."""
    made = code(text, of, multiuse=True, **told)
    for name in usernames:
        done(claiming(name), "POST", f"{API}claims/", {"code": text}, status=201)
    return made


def rows(answer: Any) -> list[dict[str, str]]:
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    return list(csv.DictReader(StringIO(read(answer).decode("utf-8-sig"))))


class TestReports:
    def test_members_may_look(self) -> None:
        assert statuses("GET", at("reports/")) == expected("reader")
        assert statuses("GET", at("reports/earners/")) == expected("reader")
        assert statuses("GET", at("reports/?format=csv")) == expected("reader")

    def test_numbers_are_told_by_badge_by_time_and_by_source(self) -> None:
        made = earn("open day", "ada", "bob")
        visiting.count(CodeVisits, CodeVisits.Kind.VIEWED, "mail", code=made)
        told = look(working("reader"), at("reports/"))
        assert (told["numbers"]["claimed"], told["numbers"]["opened"], told["numbers"]["awarded"]) == (2, 1, 2)
        assert [(each["title"], each["numbers"]["opened"]) for each in told["sources"]] == [
            ("Not known", 0),
            ("Mail", 1),
        ]
        assert [each["numbers"]["claimed"] for each in told["over_time"]] == [2]
        (coder,) = [each for each in told["parts"]["results"] if each["id"] == badge().pk]
        assert (coder["numbers"]["claimed"], coder["rates"]["claimed of opened"]) == (2, 200.0)
        assert (told["parts"]["count"], told["parts"]["next"]) == (4, None)

    def test_they_are_of_a_badge_a_batch_or_a_code(self) -> None:
        batch = Batch.objects.create(badge=badge(), label="May")
        one = earn("open day", "ada", batch=batch)
        earn("spring day", "bob")
        earn("read aloud", "bob", of="reader")

        def claimed(**query: Any) -> int:
            return int(look(working("reader"), at("reports/"), **query)["numbers"]["claimed"])

        assert (claimed(), claimed(badge=badge().pk), claimed(batch=batch.pk), claimed(code=one.pk)) == (3, 2, 1, 1)
        assert (claimed(to="2020-01-01"), claimed(**{"from": "2020-01-01"})) == (0, 3)
        parts = look(working("reader"), at("reports/"), badge=badge().pk, limit=1)["parts"]
        assert ([each["title"] for each in parts["results"]], parts["count"]) == (["May"], 2)
        assert look(working("reader"), at("reports/"), batch=batch.pk)["parts"]["results"] == []

    @pytest.mark.parametrize("name", ["badge", "batch", "code", "from", "to"])
    @pytest.mark.parametrize("value", ["x", "9" * 30, "\0", "0001-01-01", "-1"])
    def test_what_means_nothing_is_named(self, name: str, value: str) -> None:
        for below in ("reports/", "reports/earners/", "reports/?format=csv"):
            answer = working("reader").get(at(below), {name: value, **({"format": "csv"} if "csv" in below else {})})
            assert (answer.status_code, answer["Content-Type"]) == (400, "application/json")
            assert [*answer.json()] == [name]

    def test_a_time_that_ends_before_it_begins_is_refused(self) -> None:
        answer = working("reader").get(at("reports/"), {"from": "2026-05-02", "to": "2026-05-01"})
        assert (answer.status_code, [*answer.json()]) == (400, ["to"])

    def test_another_systems_are_refused(self) -> None:
        theirs = make("harvest", "farmer")
        for query in ({"badge": badge("farmer").pk}, {"code": theirs.pk}, {"code": kept().pk}):
            assert working("reader").get(at("reports/"), query).status_code == 400

    @pytest.mark.parametrize("asked", [{"query": "?format=csv"}, {"accept": "text/csv"}])
    def test_they_come_as_csv(self, asked: dict[str, str]) -> None:
        earn("open day", "ada", label="=1+1")
        headers = {"Accept": asked.get("accept", "*/*")}
        query = asked.get("query", "")
        numbers = rows(working("reader").get(at(f"reports/{query}"), headers=headers))
        told = {(row["part"], row["name"], row["number"]): row["count"] for row in numbers}
        assert told["all", "", "claimed"] == told["badge", "Coder", "claimed"] == "1"
        (earner,) = rows(working("reader").get(at(f"reports/earners/{query}"), headers=headers))
        assert (earner["address"], earner["code"]) == ("ada@example.com", "'=1+1")

    def test_errors_stay_json(self) -> None:
        answer = working("reader").get(at("reports/?format=csv&badge=x"))
        assert (answer.status_code, answer.json().keys()) == (400, {"badge"})
        assert working("reader").get(at("reports/?format=xml")).status_code == 404
        assert working("reader").get(at("reports/"), headers={"Accept": "image/png"}).status_code == 406

    def test_earners_are_paged_and_searched(self) -> None:
        earn("open day", "ada", "bob", "cy")
        page = look(working("reader"), at("reports/earners/"), limit=2)
        assert (page["count"], len(page["results"])) == (3, 2)
        (found,) = look(working("reader"), at("reports/earners/"), search="BOB")["results"]
        assert (found["address"], found["badge"], found["source"]) == ("bob@example.com", "Coder", "Not known")

    def test_it_takes_the_same_number_of_statements_for_many(self) -> None:
        reader = working("reader")
        addresses = [at(f"reports/{below}{query}") for below in ("", "earners/") for query in ("", "?format=csv")]
        earn("open day", "ada")
        few = [statements(reader, each) for each in addresses]
        earn("spring day", "bob", "cy", batch=Batch.objects.create(badge=badge(), label="May"))
        earn("read aloud", "dan", of="reader")
        assert [statements(reader, each) for each in addresses] == few


def person(username: str) -> str:
    return at(f"members/{username}/")


class TestMembers:
    def test_who_may(self) -> None:
        learner()
        assert statuses("GET", at("members/")) == expected("reader")
        assert statuses("PUT", person("ada"), {"role": "reader"}) == expected("owner")
        assert statuses("DELETE", person("ada")) == {**expected("owner", 204), "administrator": 404}

    def test_roles_are_given_changed_and_taken(self) -> None:
        owner = working("owner")
        learner()
        told = done(owner, "PUT", person("ada"), {"role": "reader"})
        assert told == {"username": "ada", "name": "", "email": "ada@example.com", "role": "reader"}
        done(owner, "PUT", person("ada"), {"role": "reviewer"})
        assert [(each["username"], each["role"]) for each in look(owner, at("members/"))["results"]] == [
            ("ada", "reviewer"),
            ("owner-of-city", "owner"),
        ]
        done(owner, "DELETE", person("ada"), status=204)
        assert Member.objects.filter(system=system()).count() == 1

    def test_the_last_owner_stays(self) -> None:
        owner = member("owner")
        caller = calling(owner)
        for role in ("reviewer", "reader"):
            assert "last owner" in done(caller, "PUT", person(owner.username), {"role": role}, status=409)["detail"]
        done(caller, "DELETE", person(owner.username), status=409)
        done(caller, "PUT", person(owner.username), {"role": "owner"})
        learner()
        done(caller, "PUT", person("ada"), {"role": "owner"})
        done(caller, "PUT", person(owner.username), {"role": "reader"})
        assert Member.objects.get(role="owner", system=system()).user.username == "ada"

    @pytest.mark.parametrize("name", ["nobody", "a%00b", "x" * 300, "%F0%9F%8E%93", "a/b"])
    def test_unknown_people_are_404(self, name: str) -> None:
        for method, body in (("PUT", {"role": "reader"}), ("DELETE", None)):
            assert send(working(), method, person(name), body).status_code == 404

    def test_names_may_be_addresses(self) -> None:
        learner("a/b@example.com", "a@example.com")
        done(working(), "PUT", person("a%2Fb@example.com"), {"role": "reader"})
        assert Member.objects.filter(user__username="a/b@example.com").exists()

    @pytest.mark.parametrize("role", [None, "", "king", ["owner"], {}, 7, "\0"])
    def test_unknown_roles_are_refused(self, role: Any) -> None:
        learner()
        assert done(working(), "PUT", person("ada"), {"role": role}, status=400).keys() == {"role"}

    def test_another_systems_members_stay(self) -> None:
        theirs = member("owner", "village")
        done(working(), "DELETE", person(theirs.username), status=404)
        assert Member.objects.filter(user=theirs).exists()

    def test_it_takes_the_same_number_of_statements_for_many(self) -> None:
        reader = working("reader")
        few = statements(reader, at("members/"))
        for name in ("ada", "bob"):
            Member.objects.create(system=system(), user=learner(name), role="reader")
        assert statements(reader, at("members/")) == few
