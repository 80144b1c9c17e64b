"""The pages on which badges are given by hand: they show what would come of it before they do it."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from credentials_badges.badges import granting
from credentials_badges.badges.models import AuditEntry, Badge, BadgeTemplate, Issuance, Learner, ProviderAccount
from tests.badges.admin_by_hand import (
    BADGES,
    REASON,
    TEMPLATES,
    ask,
    award_page,
    chosen,
    confirm,
    confirmed,
    csv,
    messages,
    one_holder,
    outcomes,
    preview,
)
from tests.badges.world import World


@pytest.fixture
def template(credly: World) -> BadgeTemplate:
    return one_holder(credly)


def counts_of_everything() -> list[int]:
    return [model.objects.count() for model in (Learner, Badge, Issuance, AuditEntry)]


def test_the_templates_page_leads_there(template: BadgeTemplate, admin_client: Client) -> None:
    text = admin_client.get(f"{TEMPLATES}{template.pk}/change/").text
    assert f'<a href="{award_page(template)}">Give this badge</a>' in text
    assert "Preview" in admin_client.get(award_page(template)).text


def test_a_preview_says_what_would_come_of_each_line_and_stores_nothing(
    template: BadgeTemplate, admin_client: Client
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
    credly: World, template: BadgeTemplate, admin_client: Client
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
    entry = AuditEntry.objects.get()
    assert (entry.key, entry.actor_name) == (str(template.pk), "admin")
    assert entry.action == f"Given by hand to 2 learners: {REASON}"
    assert REASON in admin_client.get(f"{TEMPLATES}{template.pk}/history/").text


def test_a_file_makes_new_learners(template: BadgeTemplate, admin_client: Client) -> None:
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


def test_everything_is_checked_anew_when_it_is_confirmed(template: BadgeTemplate, admin_client: Client) -> None:
    answer = preview(admin_client, template, file=csv("username,email\nben,\ncem,\nnew,new@example.com\neva,e@x.eu"))
    assert len(outcomes(answer)) == 4
    Learner.objects.create(username="eva", email="eva@example.com")
    Learner.objects.create(username="other", email="new@example.com")
    ben, cem = Learner.objects.filter(username__in=["ben", "cem"])
    granting.grant(template, [ben], by=cem, reason="-", now=timezone.now())
    assert confirm(admin_client, template, answer)[0] == "Given to 1 learner."
    given = Badge.objects.filter(granted_by__username="admin")
    assert sorted(given.values_list("learner__username", flat=True)) == ["cem"]
    assert Learner.objects.get(username="eva").email == "eva@example.com"
    assert not Learner.objects.filter(username="new").exists()


def test_a_limit_is_seen_beforehand_and_makes_no_learners_in_vain(
    template: BadgeTemplate, admin_client: Client
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


def test_nobody_to_get_it_leaves_nothing_to_confirm(template: BadgeTemplate, admin_client: Client) -> None:
    answer = preview(admin_client, template, "ada\nnobody")
    assert 'type="submit" class="default"' not in answer.text
    said = confirm(admin_client, template, answer)
    assert said == ["Left out, because of an error or because they hold it already: 2."]
    assert not AuditEntry.objects.exists()


@pytest.mark.parametrize("award", ["every_time", "once"])
def test_a_second_click_gives_nobody_a_second_badge(template: BadgeTemplate, admin_client: Client, award: str) -> None:
    BadgeTemplate.objects.update(award=award)
    answer = preview(admin_client, template, "ben\ncem")
    confirm(admin_client, template, answer)
    again = admin_client.post(award_page(template), {"confirmed": confirmed(answer)})
    assert "You have given this badge since this preview was shown." in again.text
    assert Badge.objects.filter(granted_by__isnull=False).count() == 2
    if award == "every_time":  # Then it can be meant, and is asked for once more.
        confirm(admin_client, template, again)
        assert Badge.objects.filter(granted_by__isnull=False).count() == 4


def test_names_and_reasons_are_escaped(template: BadgeTemplate, admin_client: Client) -> None:
    evil = "<script>alert(1)</script>"
    Learner.objects.filter(username="ben").update(full_name=evil)
    answer = preview(admin_client, template, f"ben\n{evil}", reason=evil)
    confirm(admin_client, template, answer)
    for text in (answer.text, admin_client.get(f"{TEMPLATES}{template.pk}/history/").text):
        assert "<script>alert" not in text
        assert "&lt;script&gt;" in text


@pytest.mark.parametrize("state", ["draft", "archived"])
def test_what_cannot_be_issued_cannot_be_given(template: BadgeTemplate, admin_client: Client, state: str) -> None:
    answer = preview(admin_client, template, "ben")
    BadgeTemplate.objects.update(state=state)
    assert f"is {state} at the provider" in admin_client.get(award_page(template)).text
    assert confirm(admin_client, template, answer)[0].startswith("Left out")
    assert outcomes(preview(admin_client, template, "ben"))[0][1].startswith("Error: ")
    assert not Badge.objects.filter(learner__username="ben").exists()


def test_it_is_there_at_each_provider(db: None, admin_client: Client) -> None:
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


def test_each_step_costs_as_many_statements_for_30_learners_as_for_3(
    template: BadgeTemplate, admin_client: Client
) -> None:
    def revoke(*badges: Badge) -> None:
        told = {"chosen": chosen(ask(admin_client, *badges)), "reason": "-"}
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


def test_who_was_shown_is_who_gets_it(template: BadgeTemplate, admin_client: Client) -> None:
    shown = Learner.objects.create_user("shown", "shared@example.com")
    page = preview(admin_client, template, "shared@example.com")
    Learner.objects.filter(pk=shown.pk).update(email="moved@example.com")
    Learner.objects.create_user("mallory", "shared@example.com")
    before = Badge.objects.count()
    told = confirm(admin_client, template, page)
    assert Badge.objects.count() == before
    assert told == ["Left out, because of an error or because they hold it already: 1."]


def test_an_address_with_other_letters_than_ascii_is_found_as_it_is_written(
    template: BadgeTemplate, admin_client: Client
) -> None:
    Learner.objects.create_user("umlaut")
    Learner.objects.filter(username="umlaut").update(email="UMLAUT@EXÄMPLE.com")
    assert outcomes(preview(admin_client, template, "UMLAUT@EXÄMPLE.com")) == [(1, "Gets the badge")]
