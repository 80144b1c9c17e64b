"""The pages for giving and taking back badges by hand: they show before they do, and only for whom it is allowed."""

import html
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.contrib.messages import get_messages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from credentials_badges.badges import granting
from credentials_badges.badges.models import Badge, BadgeTemplate, Issuance, Learner, ProviderAccount
from tests.badges.test_admin import viewer
from tests.badges.test_racing import THREADS, race
from tests.badges.world import World, passing, penalty, requirement, send, world

TEMPLATES = "/admin/badges/credlybadgetemplate/"
BADGES = "/admin/badges/credlybadge/"
REASON = "They helped at the open day."


def award_page(template: BadgeTemplate) -> str:
    return f"{TEMPLATES}{template.pk}/award/"


def csv(text: str | bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile("learners.csv", text.encode() if isinstance(text, str) else text)


def preview(client: Client, template: BadgeTemplate, learners: str = "", **told: Any) -> HttpResponse:
    """Submit the form; returns the page that follows."""
    answer: HttpResponse = client.post(award_page(template), {"learners": learners, "reason": REASON, **told})
    assert answer.status_code == 200
    return answer


def outcomes(answer: HttpResponse) -> list[tuple[int, str]]:
    """The rows of the preview: line and outcome."""
    cells = [re.findall(r"<td>(.*?)</td>", row) for row in re.findall(r"<tr>\s*(<td>.*?)</tr>", answer.text, re.DOTALL)]
    return [(int(row[0]), html.unescape(re.sub(r"<[^>]+>", "", row[3]))) for row in cells]


def confirmed(answer: HttpResponse) -> str:
    (found,) = re.findall(r'name="confirmed" value="([^"]*)"', answer.text)
    return str(found)


def confirm(client: Client, template: BadgeTemplate, answer: HttpResponse) -> list[str]:
    """Press the button of the preview; returns the messages."""
    done = client.post(award_page(template), {"confirmed": confirmed(answer)})
    assert done.status_code == 302, done.text
    assert done["Location"] == f"{TEMPLATES}{template.pk}/change/"
    return messages(done)


def messages(answer: Any) -> list[str]:
    return [str(message) for message in get_messages(answer.wsgi_request)]


def form_errors(answer: Any) -> dict[str, list[str]]:
    return dict(answer.context["form"].errors)


def staff(*permissions: str, username: str = "clerk") -> Client:
    """Signed in as somebody who may do this, and look at everything."""
    clerk = Learner.objects.create_user(username, is_staff=True)
    looking = Permission.objects.filter(codename__startswith="view_")
    clerk.user_permissions.set(looking | Permission.objects.filter(codename__in=permissions))
    client = Client()
    client.force_login(clerk)
    return client


def counts_of_everything() -> list[int]:
    return [model.objects.count() for model in (Learner, Badge, Issuance, LogEntry)]


@pytest.fixture
def template(credly: World) -> BadgeTemplate:
    """Ada has earned it, Ben and Cem are known."""
    template = credly.configure(requirements=[requirement("one", "OneX")], penalties=[penalty("OneX", "one")])
    send(passing("ada", "OneX"), passing("ben", "OtherX"), passing("cem", "OtherX"))
    return template


class TestGiving:
    def test_the_templates_page_leads_there(self, template: BadgeTemplate, admin_client: Client) -> None:
        text = admin_client.get(f"{TEMPLATES}{template.pk}/change/").text
        assert f'<a href="{award_page(template)}">Give this badge</a>' in text
        assert "Preview" in admin_client.get(award_page(template)).text

    def test_a_preview_says_what_would_come_of_each_line_and_stores_nothing(
        self, template: BadgeTemplate, admin_client: Client
    ) -> None:
        before = counts_of_everything()
        answer = preview(admin_client, template, "ada\nben@example.com\n\nnobody\n李@\ncem\nben")
        assert outcomes(answer) == [
            (1, "Holds it already"),
            (2, "Gets the badge"),
            (4, "Error: Nobody has this username. In a CSV file with their address, a new learner is made."),
            (5, "Error: “李@” is no valid address."),
            (6, "Gets the badge"),
            (7, "Error: Line 2 names the same learner, “ben”."),
        ]
        assert "<strong>2</strong> to get" in answer.text
        assert "<strong>1</strong> to be left out, because the learner holds it already" in answer.text
        assert "<strong>3</strong> to be left out, because of what is said below" in answer.text
        assert 'value="Award 2 badges"' in answer.text
        assert counts_of_everything() == before

    def test_confirming_it_gives_the_badge_to_the_good_lines(
        self, credly: World, template: BadgeTemplate, admin_client: Client
    ) -> None:
        answer = preview(admin_client, template, "ada\nben@example.com\nnobody\ncem")
        assert confirm(admin_client, template, answer) == [
            "Given to 2 learners.",
            "Left out, because of an error or because they hold it already: 2.",
        ]
        given = Badge.objects.filter(granted_by__username="admin").order_by("learner__username")
        assert [(badge.learner.username, badge.grant_reason) for badge in given] == [("ben", REASON), ("cem", REASON)]
        credly.deliver()
        assert sorted(row["recipient_email"] for row in credly.held()) == [
            f"{name}@example.com" for name in ("ada", "ben", "cem")
        ]
        entry = LogEntry.objects.get()
        assert (entry.object_id, entry.user.username) == (str(template.pk), "admin")
        assert entry.change_message == f"Given by hand to 2 learners: {REASON}"
        assert REASON in admin_client.get(f"{TEMPLATES}{template.pk}/history/").text

    def test_a_file_makes_new_learners(self, template: BadgeTemplate, admin_client: Client) -> None:
        file = csv("Email;Username;Name\ndarya@example.com;дарья;Дарья Иванова\nBEN@example.com;;\nx;y;z")
        answer = preview(admin_client, template, file=file)
        assert [outcome[:45] for _, outcome in outcomes(answer)] == [
            "Will be made as a new learner, and gets the b",
            "Gets the badge",
            "Error: “x” is no valid address.",
        ]
        assert "<strong>2</strong> to get" in answer.text
        assert "1 of them new learners" in answer.text
        assert not Learner.objects.filter(username="дарья").exists()
        assert confirm(admin_client, template, answer)[0] == "Given to 2 learners, 1 of them new."
        darya = Learner.objects.get(username="дарья")
        assert (darya.email, darya.full_name, darya.has_usable_password()) == (
            "darya@example.com",
            "Дарья Иванова",
            False,
        )
        assert darya.badges.get().template_id == template.pk

    def test_everything_is_checked_anew_when_it_is_confirmed(
        self, template: BadgeTemplate, admin_client: Client
    ) -> None:
        answer = preview(
            admin_client, template, file=csv("username,email\nben,\ncem,\nnew,new@example.com\neva,e@x.eu")
        )
        assert len(outcomes(answer)) == 4
        Learner.objects.create(username="eva", email="eva@example.com")
        Learner.objects.create(username="other", email="new@example.com")
        ben, cem = Learner.objects.filter(username__in=["ben", "cem"])
        granting.grant(template, [ben], by=cem, reason="-", now=timezone.now())
        assert confirm(admin_client, template, answer)[0] == "Given to 2 learners."
        given = Badge.objects.filter(granted_by__username="admin")
        assert sorted(given.values_list("learner__username", flat=True)) == ["cem", "eva"]
        assert Learner.objects.get(username="eva").email == "eva@example.com"
        assert not Learner.objects.filter(username="new").exists()

    def test_a_limit_is_seen_beforehand_and_makes_no_learners_in_vain(
        self, template: BadgeTemplate, admin_client: Client
    ) -> None:
        BadgeTemplate.objects.filter(pk=template.pk).update(limit=3)
        file = csv("username,email\nada,\nn1,n1@example.com\nn2,n2@example.com\nn3,n3@example.com")
        answer = preview(admin_client, template, file=file)
        assert [outcome.split(",")[0].split(" learners")[0] for _, outcome in outcomes(answer)] == [
            "Holds it already",
            "Will be made as a new learner",
            "Will be made as a new learner",
            "Error: Only 3",
        ]
        confirm(admin_client, template, answer)
        assert sorted(Badge.objects.values_list("learner__username", flat=True)) == ["ada", "n1", "n2"]
        assert not Learner.objects.filter(username="n3").exists()

    def test_nobody_to_get_it_leaves_nothing_to_confirm(self, template: BadgeTemplate, admin_client: Client) -> None:
        answer = preview(admin_client, template, "ada\nnobody")
        assert 'type="submit" class="default"' not in answer.text
        said = confirm(admin_client, template, answer)
        assert said == ["Left out, because of an error or because they hold it already: 2."]
        assert not LogEntry.objects.exists()

    @pytest.mark.parametrize("award", ["every_time", "once"])
    def test_a_second_click_gives_nobody_a_second_badge(
        self, template: BadgeTemplate, admin_client: Client, award: str
    ) -> None:
        BadgeTemplate.objects.update(award=award)
        answer = preview(admin_client, template, "ben\ncem")
        confirm(admin_client, template, answer)
        again = admin_client.post(award_page(template), {"confirmed": confirmed(answer)})
        assert "You have given this badge since this preview was shown." in again.text
        assert Badge.objects.filter(granted_by__isnull=False).count() == 2
        if award == "every_time":  # Then it can be meant, and is asked for once more.
            confirm(admin_client, template, again)
            assert Badge.objects.filter(granted_by__isnull=False).count() == 4

    def test_names_and_reasons_are_escaped(self, template: BadgeTemplate, admin_client: Client) -> None:
        evil = "<script>alert(1)</script>"
        Learner.objects.filter(username="ben").update(full_name=evil)
        answer = preview(admin_client, template, f"ben\n{evil}", reason=evil)
        confirm(admin_client, template, answer)
        for text in (answer.text, admin_client.get(f"{TEMPLATES}{template.pk}/history/").text):
            assert "<script>alert" not in text
            assert "&lt;script&gt;" in text

    @pytest.mark.parametrize("state", ["draft", "archived"])
    def test_what_cannot_be_issued_cannot_be_given(
        self, template: BadgeTemplate, admin_client: Client, state: str
    ) -> None:
        answer = preview(admin_client, template, "ben")
        BadgeTemplate.objects.update(state=state)
        assert f"is {state} at the provider" in admin_client.get(award_page(template)).text
        assert confirm(admin_client, template, answer)[0].startswith("Left out")
        assert outcomes(preview(admin_client, template, "ben"))[0][1].startswith("Error: ")
        assert not Badge.objects.filter(learner__username="ben").exists()

    def test_it_is_there_at_each_provider(self, db: None, admin_client: Client) -> None:
        for provider, page in (("accredible", "accrediblegroup"), ("badgekit", "badgekitbadgetemplate")):
            account = ProviderAccount.objects.create(provider=provider, external_id="1", name=provider)
            template = BadgeTemplate.objects.create(account=account, external_id="1", name=f"A badge of {provider}")
            address = f"/admin/badges/{page}/{template.pk}/"
            assert f'"{address}award/"' in admin_client.get(f"{address}change/").text
            answer = admin_client.post(f"{address}award/", {"learners": "admin", "reason": "-"})
            done = admin_client.post(f"{address}award/", {"confirmed": confirmed(answer)})
            assert done["Location"] == f"{address}change/"
            assert Badge.objects.get(template=template).learner.username == "admin"
            assert admin_client.get(f"{TEMPLATES}{template.pk}/award/").status_code == 302


class TestWrongInput:
    @pytest.mark.parametrize(
        ("told", "field", "why"),
        [
            ({}, "__all__", "the one or the other"),
            ({"learners": " \r\n "}, "__all__", "the one or the other"),
            ({"learners": "ben", "reason": ""}, "reason", "required"),
            ({"learners": "ben", "reason": " "}, "reason", "required"),
            ({"learners": "ben", "reason": "x" * 1_001}, "reason", "at most 1000 characters"),
            ({"learners": "ben", "reason": "a\0b"}, "reason", "Null characters"),
            ({"learners": "b\0en"}, "learners", "Null characters"),
            ({"learners": "x\n" * 5_001}, "learners", "5,001 rows"),
            ({"learners": "é" * 600_000}, "learners", "1 MB"),
        ],
    )
    def test_what_is_missing_or_too_much_is_said_at_its_field(
        self, template: BadgeTemplate, admin_client: Client, told: dict[str, str], field: str, why: str
    ) -> None:
        answer = preview(admin_client, template, **told)
        assert why in form_errors(answer)[field][0]

    @pytest.mark.parametrize(
        ("data", "why"),
        [
            (b"", "empty"),
            (b"ada\nben", "has to name the columns"),
            ("username\nSøren".encode("latin-1"), "UTF-8"),
            (b"username\n" + b"x" * 1_000_000, "larger than 1 MB"),
            (b"username" + b"\nx" * 5_001, "5,001 rows"),
            (b"\0" * 100, "UTF-8"),
            (b'username\n"ada', "Line 2 is not CSV"),
        ],
    )
    def test_a_file_that_cannot_be_read_is_an_error_of_the_form(
        self, template: BadgeTemplate, admin_client: Client, data: bytes, why: str
    ) -> None:
        answer = preview(admin_client, template, file=csv(data))
        assert why in form_errors(answer)["file"][0]

    def test_a_list_and_a_file_are_too_much(self, template: BadgeTemplate, admin_client: Client) -> None:
        answer = preview(admin_client, template, "ben", file=csv("username\ncem"))
        assert "__all__" in form_errors(answer)

    @pytest.mark.parametrize("forged", ["", ":", "a:b:c", "é\0:1:2", "W10:1tX:xx", "x" * 10_000])
    def test_a_forged_confirmation_does_nothing(
        self, template: BadgeTemplate, admin_client: Client, forged: str
    ) -> None:
        answer = admin_client.post(award_page(template), {"confirmed": forged})
        assert answer.status_code == 302
        assert "begin anew" in messages(answer)[0]
        assert Badge.objects.count() == 1

    def test_a_confirmation_is_for_its_template_and_user_and_for_a_day(
        self, credly: World, template: BadgeTemplate, admin_client: Client
    ) -> None:
        told = {"confirmed": confirmed(preview(admin_client, template, "ben"))}
        other = award_page(credly.templates[1])
        assert "begin anew" in messages(admin_client.post(other, told))[0]
        somebody = staff("change_credlybadgetemplate")
        assert "begin anew" in messages(somebody.post(award_page(template), told))[0]
        with time_machine.travel(timezone.now() + timedelta(days=1, minutes=1)):
            admin_client.force_login(Learner.objects.get(username="admin"))
            assert "begin anew" in messages(admin_client.post(award_page(template), told))[0]
        assert Badge.objects.count() == 1

    @pytest.mark.parametrize("id_", ["0", "999999", "ada", "1%00", "-1", "_3A"])
    def test_a_template_that_is_not_there_leads_back(self, db: None, admin_client: Client, id_: str) -> None:
        for answer in (admin_client.get(f"{TEMPLATES}{id_}/award/"), admin_client.post(f"{TEMPLATES}{id_}/award/")):
            assert answer.status_code in {302, 400, 404}


class TestRevoking:
    def ask(self, client: Client, *badges: Badge, **told: Any) -> HttpResponse:
        answer: HttpResponse = client.post(
            BADGES, {"action": "revoke", "_selected_action": [badge.pk for badge in badges], **told}
        )
        return answer

    def chosen(self, answer: HttpResponse) -> str:
        (found,) = re.findall(r'name="chosen" value="([^"]*)"', answer.text)
        return str(found)

    def test_it_names_the_badges_and_asks_for_a_reason_that_is_told(
        self, credly: World, template: BadgeTemplate, admin_client: Client
    ) -> None:
        send(passing("ben", "OneX"))
        credly.deliver()
        page = self.ask(admin_client, *credly.badges())
        assert "<strong>2</strong> badges to be taken back" in page.text
        assert f"{template.name} of ada (Ada Doe)" in page.text
        assert "The provider is told this reason" in page.text
        assert Badge.objects.filter(status="awarded").count() == 2
        done = admin_client.post(f"{BADGES}revoke/", {"chosen": self.chosen(page), "reason": "Copied."})
        assert (done.status_code, done["Location"]) == (302, BADGES)
        assert messages(done) == ["Revoked: 2."]
        credly.deliver()
        assert {row["revocation_reason"] for row in credly.sandbox.badges(credly.organization)} == {"Copied."}
        for badge in credly.badges():
            assert (badge.revoked_by, badge.revoke_reason) == (Learner.objects.get(username="admin"), "Copied.")
            assert LogEntry.objects.get(object_id=badge.pk).change_message == "Revoked by hand: Copied."
            assert "Revoked by hand: Copied." in admin_client.get(f"{BADGES}{badge.pk}/history/").text

    def test_those_that_are_not_held_any_more_are_left_alone(
        self, credly: World, template: BadgeTemplate, admin_client: Client
    ) -> None:
        send(passing("ben", "OneX"), passing("cem", "OneX"))
        send(passing("cem", "OneX", is_passing=False, minute=1))
        page = self.ask(admin_client, *credly.badges())
        assert "<strong>2</strong> badges to be taken back" in page.text
        assert "3 were chosen" in page.text
        assert f"{template.name} of cem (Cem Doe): revoked already" in page.text
        send(passing("ben", "OneX", is_passing=False, minute=1))
        told = {"chosen": self.chosen(page), "reason": "Copied."}
        assert messages(admin_client.post(f"{BADGES}revoke/", told)) == [
            "Revoked: 1.",
            "Left alone, because they were not held any more: 2.",
        ]
        assert [entry.object_repr for entry in LogEntry.objects.all()] == [f"{template.name} of ada"]
        assert "Revoked: 0." in messages(admin_client.post(f"{BADGES}revoke/", told))

    @pytest.mark.parametrize("reason", ["", "  ", "x" * 1_001, "a\0b"])
    def test_without_a_good_reason_it_asks_again(
        self, credly: World, template: BadgeTemplate, admin_client: Client, reason: str
    ) -> None:
        page = self.ask(admin_client, *credly.badges())
        again = admin_client.post(f"{BADGES}revoke/", {"chosen": self.chosen(page), "reason": reason})
        assert "reason" in form_errors(again)
        assert f"{template.name} of ada" in again.text
        assert Badge.objects.get().status == "awarded"
        done = admin_client.post(f"{BADGES}revoke/", {"chosen": self.chosen(again), "reason": "x" * 1_000})
        assert messages(done) == ["Revoked: 1."]

    @pytest.mark.parametrize("forged", [None, "", "W10:1tX:xx", "é\0"])
    def test_a_forged_choice_revokes_nothing(
        self, template: BadgeTemplate, admin_client: Client, forged: str | None
    ) -> None:
        told = {"reason": "-"} if forged is None else {"reason": "-", "chosen": forged}
        for answer in (admin_client.post(f"{BADGES}revoke/", told), admin_client.get(f"{BADGES}revoke/")):
            assert answer["Location"] == BADGES
            assert messages(answer)[-1].startswith("Nothing was revoked")
        assert Badge.objects.get().status == "awarded"

    def test_of_many_a_hundred_are_named_and_too_many_are_refused(
        self, template: BadgeTemplate, admin_client: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        send(*[passing(f"learner{number}", "OneX") for number in range(120)])
        (first, *_) = badges = list(Badge.objects.all())
        page = self.ask(admin_client, first, select_across="1")
        assert f"<strong>{len(badges)}</strong> badges to be taken back" in page.text
        assert page.text.count(f"<li>{template.name} of ") == 100
        assert "and 21 more" in page.text
        monkeypatch.setattr("credentials_badges.badges.admin.revoking.MOST", 120)
        refused = self.ask(admin_client, first, select_across="1")
        assert (refused.status_code, messages(refused)) == (
            302,
            ["At most 120 badges are revoked at once: filter the list first."],
        )

    def test_the_badges_page_says_who_gave_it_and_who_took_it_and_why(
        self, credly: World, template: BadgeTemplate, admin_client: Client
    ) -> None:
        BadgeTemplate.objects.update(expires_days=30)
        confirm(admin_client, template, preview(admin_client, template, "ben"))
        badge = Badge.objects.get(learner__username="ben")
        page = self.ask(admin_client, badge)
        admin_client.post(f"{BADGES}revoke/", {"chosen": self.chosen(page), "reason": "It was Bob."})
        text = admin_client.get(f"{BADGES}{badge.pk}/change/").text
        for field, value in (
            ("granted_by", "admin"),
            ("grant_reason", REASON),
            ("revoked_by", "admin"),
            ("revoke_reason", "It was Bob."),
            ("earned_at", f"{badge.earned_at:%Y}"),
            ("expires_at", f"{badge.earned_at + timedelta(days=30):%Y}"),
        ):
            (shown,) = re.findall(rf'field-{field}">.*?<div class="readonly">(.*?)</div>', text, re.DOTALL)
            assert value in shown


class TestPermissions:
    def test_strangers_are_sent_to_the_login(self, template: BadgeTemplate) -> None:
        learner = Client()
        learner.force_login(Learner.objects.get(username="ada"))
        for client in (Client(), learner):
            for address in (award_page(template), f"{BADGES}revoke/"):
                for answer in (client.get(address), client.post(address, {"learners": "ben", "reason": "-"})):
                    assert answer.status_code == 302
                    assert answer["Location"].startswith("/admin/login/")

    def test_who_may_only_look_neither_gives_nor_takes(self, credly: World, template: BadgeTemplate) -> None:
        client = viewer()
        assert "Give this badge" not in client.get(f"{TEMPLATES}{template.pk}/change/").text
        assert 'value="revoke"' not in client.get(BADGES).text
        for address in (award_page(template), f"{TEMPLATES}999999/award/", f"{BADGES}revoke/"):
            for answer in (client.get(address), client.post(address, {"learners": "ben", "reason": "-"})):
                assert answer.status_code == 403
        client.post(BADGES, {"action": "revoke", "_selected_action": [badge.pk for badge in credly.badges()]})
        assert [badge.status for badge in Badge.objects.all()] == ["awarded"]

    def test_the_permission_to_change_templates_gives_and_that_to_change_badges_takes(
        self, credly: World, template: BadgeTemplate
    ) -> None:
        client = staff("change_credlybadgetemplate")
        confirm(client, template, preview(client, template, "ben"))
        assert client.post(f"{BADGES}revoke/").status_code == 403
        other = staff("change_credlybadge", username="other")
        page = TestRevoking().ask(other, *credly.badges())
        told = {"chosen": TestRevoking().chosen(page), "reason": "-"}
        assert other.get(award_page(template)).status_code == 403
        assert client.post(f"{BADGES}revoke/", told).status_code == 403
        assert messages(other.post(f"{BADGES}revoke/", told)) == ["Revoked: 2."]

    def test_a_form_of_another_site_is_refused(self, template: BadgeTemplate, credly: World) -> None:
        client = Client(enforce_csrf_checks=True)
        client.force_login(Learner.objects.create_superuser("root"))
        for address in (award_page(template), f"{BADGES}revoke/"):
            assert client.post(address, {"learners": "ben", "reason": "-"}).status_code == 403


def test_each_step_costs_as_many_statements_for_30_learners_as_for_3(
    template: BadgeTemplate, admin_client: Client
) -> None:
    def revoke(*badges: Badge) -> None:
        told = {"chosen": TestRevoking().chosen(TestRevoking().ask(admin_client, *badges)), "reason": "-"}
        assert messages(admin_client.post(f"{BADGES}revoke/", told)) == [f"Revoked: {len(badges)}."]

    confirm(admin_client, template, preview(admin_client, template, "ben"))
    revoke(Badge.objects.get(learner__username="ben"))  # The first time also fills caches.
    counts = []
    for number in (3, 30):
        rows = "".join(f"\nof{number}-{n},of{number}-{n}@example.com,Name" for n in range(number))
        steps = []
        with CaptureQueriesContext(connection) as captured:
            answer = preview(admin_client, template, file=csv("username,email,name" + rows))
        steps.append(len(captured))
        with CaptureQueriesContext(connection) as captured:
            confirm(admin_client, template, answer)
        steps.append(len(captured))
        badges = list(Badge.objects.filter(learner__username__startswith=f"of{number}-"))
        assert len(badges) == number
        with CaptureQueriesContext(connection) as captured:
            revoke(*badges)
        steps.append(len(captured))
        counts.append(steps)
    assert counts[0] == counts[1]
    assert max(counts[1]) <= 60


class TestRaces:
    @pytest.fixture
    def credly(self, transactional_db: None) -> Iterator[World]:
        with world() as built:
            yield built

    @pytest.mark.parametrize("award", ["every_time", "again_after_revoke"])
    def test_many_clicks_at_once_award_a_list_once(self, credly: World, award: str) -> None:
        template = credly.templates[0]
        BadgeTemplate.objects.update(award=award)
        clients = [Client() for _ in range(THREADS)]
        root = Learner.objects.create_superuser("root")
        for client in clients:
            client.force_login(root)
        rows = "".join(f"\nnew{n},new{n}@example.com" for n in range(5))
        answer = preview(clients[0], template, file=csv("username,email" + rows))

        def click(number: int) -> int:
            return clients[number].post(award_page(template), {"confirmed": confirmed(answer)}).status_code

        assert sorted(map(int, map(str, race(click)))) == [200] * (THREADS - 1) + [302]
        assert sorted(Badge.objects.values_list("learner__username", flat=True)) == [f"new{n}" for n in range(5)]
        assert Issuance.objects.count() == 5
        assert LogEntry.objects.count() == 1
