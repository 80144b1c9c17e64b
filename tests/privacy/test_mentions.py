"""Names that are ordinary words take nothing from others; names in any spelling are found."""

import json
import time
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from credentials_badges.badges import auditing, posting, recomputing, redacting, retiring
from credentials_badges.badges.models import (
    AuditEntry,
    Badge,
    BadgeTemplate,
    Learner,
    Mail,
    Recomputation,
    WebhookDelivery,
)
from credentials_badges.eventbus.models import Announcement
from providers.badgekit.models import System, Webhook, WebhookCall
from tests.badges.world import World, requirement, send
from tests.privacy.people import QUILL, Traces, configure, where_named
from tests.privacy.test_retiring import retire

WORDS = ("pending", "badge", "award", "https", "12", "mail", "awarded", "changed", "email", "earners", "issued", "x9")


def hint(body: str, kind: str = "badge.issued") -> WebhookDelivery:
    now = timezone.now()
    told = {"provider": "credly", "claimed_account": "nobody", "delivery_id": body[:99], "outcome": "badge pending"}
    return WebhookDelivery.objects.create(**told, kind=kind, body=body, not_before=now, received_at=now)


def all_but_learners() -> dict[str, Any]:
    """What others have in every table that names could be struck from."""
    tables = (
        Mail,
        WebhookCall,
        Announcement,
        WebhookDelivery,
        Recomputation,
        AuditEntry.objects.filter(actor_name="b"),
    )
    return {
        str(place): list((rows if place == 5 else rows.objects).order_by("pk").values())  # type: ignore[attr-defined]
        for place, rows in enumerate(tables)
    }


def leave_others(template: BadgeTemplate) -> None:
    """Messages, hints, a report and an entry of others, in which nobody is named."""
    text = "Your badge awaits, see https://badges.example/12: award pending"
    posting.post([Mail(to="other@example.com", subject="Your badge", text=text, html="<p>badge mail email")])
    webhook = Webhook.objects.create(system=System.objects.get(slug="city"), url="https://site.example/hook")
    body = json.dumps({"action": "award", "n": "12", "email": "other@example.com", "badge": {"name": "Your badge"}})
    posting.post([WebhookCall(webhook=webhook, action="award", body=body, topic="badge", destination="mail")])
    posting.post([Announcement(topic="badge", deed="awarded")])
    hint('{"event_type": "badge.issued", "issued": "badge", "id": "12"}', kind="badge")
    changes = {"email": ["a@b.example", "c@d.example"], "api_key": "changed", "status": ["pending", "awarded"]}
    auditing.note(auditing.Via.ADMIN, "b", "changed", label="account 12", changes=changes)
    job = recomputing.ask([template], timezone.now())
    recomputing.carry_on(job.pk)


@pytest.mark.parametrize("word", [*WORDS, "TEMPLATE", "Your badge", "badge.issued", "badges.example"])
def test_an_ordinary_name_takes_nothing_from_others(credly: World, word: str) -> None:
    template = configure(credly)
    leave_others(template)
    username = str(template.pk) if word == "TEMPLATE" else word
    send(Traces(username, "xo@y.example", "Your badge").event("TwoX"))
    before = all_but_learners()
    retire(username)
    assert all_but_learners() == before
    assert Learner.objects.filter(username=username).count() == 0


def test_a_word_is_struck_where_it_says_that_it_is_a_name(credly: World) -> None:
    template = configure(credly)
    send(Traces("earners", "xo@y.example", "Xo").event("OneX"), QUILL.event("OneX"))
    learner = Learner.objects.get(username="earners")
    job = recomputing.ask([template], timezone.now(), by=learner)
    Recomputation.objects.filter(pk=job.pk).update(report={"1": {"earners": ["earners", "ada"], "earn": 2}})
    auditing.note(auditing.Via.ADMIN, learner, "changed", learner, changes={"username": ["earners", "x"]})
    auditing.note(auditing.Via.ADMIN, "boss", "revoked", learner.badges.get())
    alias = retire("earners").alias
    job.refresh_from_db()
    assert job.report == {"1": {"earners": [alias, "ada"], "earn": 2}}
    entries = AuditEntry.objects.order_by("pk").values_list("actor_name", "label", "changes")
    assert list(entries[:2]) == [
        (alias, alias, {"username": [alias, "x"]}),
        ("boss", f"{credly.templates[0]} of {alias}", {}),
    ]


@pytest.mark.parametrize(
    "body",
    [
        r'{"note": "line one\nquill.Xarafax@Learners.example"}',
        r'{"to": "Quill \u003cQuill.Xarafax@Learners.example\u003e"}',
        r'{"who": "x\tquill.Xarafax7"}',
        r"junk \tquill.Xarafax7",
        r"junk \u003cQUILL.xarafax\u0040learners.example\u003E",
        r"junk %3Cquill.Xarafax%40learners.example%3e",
        r'{"name": "Quillon Xarafax-\u00D8deg\u00E5rd"}',
        r"junk Quillon Xarafax-\u00D8deg\u00e5rd",
        "name=Quillon+Xarafax-%C3%98deg%C3%A5rd&x=1",
        "<p>Quillon&nbsp;Xarafax-&#216;deg&#xE5;rd",
        "Quillon  Xarafax-Ødegård".replace("å", "a\u030a"),
        '{"name": "Quillon Xarafax-Ødegård"}'.replace("å", "a\u030a"),
        "mailto:quill.Xarafax@Learners.example",
        r'{"u": "\/users\/quill.Xarafax7\/"}',
        r'{"inner": "{\"user\": {\"mail\": \"Quill.Xarafax@Learners.example\"}}"}',
        "[" * 5000 + "quill.Xarafax7",
    ],
)
def test_names_are_found_in_any_spelling(credly: World, body: str) -> None:
    send(QUILL.event("TwoX"))
    body = body.replace("&nbsp;", " ")
    row = hint(body)
    retire(QUILL.username)
    row.refresh_from_db()
    assert (row.body, row.kind) == ("", "badge.issued")


@pytest.mark.parametrize(
    "text", ["Renée Vann", "Rene\u0301 Vann", "Rene Vann2", "a+Rene Vann", "//Rene Vann", "rene vann"]
)
def test_other_names_are_not_found(text: str) -> None:
    assert redacting.Names("rene", full_names=("Rene Vann",)).struck_from(text, "-") == text


@pytest.mark.parametrize(
    "name", ["a_%9", "(", "\\", "%", "[a-z]+", "Ŧ", "a'b.9", '"', "a\\b.9", "\\1", "<b>.9", "李小龙_9"]
)
def test_odd_names_are_struck_from_their_own(credly: World, name: str) -> None:
    person = Traces(name, "x_%+'@y.example", "Mr ( O'\\g<0> 李")
    send(person.event("TwoX"), QUILL.event("TwoX"))
    said = {"username": name, "text": f"{person.email}, {person.name}."}
    auditing.note(auditing.Via.ADMIN, "boss", "changed", label="x", changes=said)
    row, other = hint(f"junk {json.dumps(person.email)} {json.dumps(person.name)}"), hint("nothing here")
    posting.post([Mail(to=person.email.upper(), subject="s", text="t"), Mail(to=QUILL.email, subject="s", text="t")])
    alias = retire(name).alias
    assert AuditEntry.objects.order_by("pk")[0].changes == {"username": alias, "text": f"{alias}, {alias}."}
    assert [each.body for each in WebhookDelivery.objects.filter(pk__in=[row.pk, other.pk]).order_by("pk")] == [
        "",
        "nothing here",
    ]
    assert [mail.to for mail in Mail.objects.all()] == [QUILL.email]


def test_what_systems_are_told_of_the_person_goes_and_of_others_stays(credly: World) -> None:
    send(QUILL.event("TwoX"))
    webhook = Webhook.objects.create(system=System.objects.get(slug="city"), url="https://site.example/hook")
    mine = {"uid": "gone", "email": QUILL.email.upper()}
    another = {"email": "eve@example.com", "comment": f"Says {QUILL.email}", "issuedOn": 5}
    bodies = [json.dumps(body) for body in (mine, another)]
    posting.post([WebhookCall(webhook=webhook, action="award", body=body) for body in bodies])
    alias = retire(QUILL.username).alias
    assert json.loads(WebhookCall.objects.get().body) == another | {"comment": f"Says {alias}"}


@pytest.mark.once
def test_three_hundred_badges_and_addresses(credly: World) -> None:
    credly.configure(0, requirements=[requirement("one", "A")], award="every_time")
    send(*(Traces("wanderer", f"w{n}@example.com", f"Wan Der{n}").event("A", minute=n) for n in range(300)))
    learner = Learner.objects.get(username="wanderer")
    for badge in learner.badges.all():
        Badge.objects.filter(pk=badge.pk).update(external_id=str(badge.uuid))
    rows = [hint(f"for w{n}@EXAMPLE.com") for n in range(0, 300, 50)]
    with CaptureQueriesContext(connection) as counted:
        assert retire("wanderer").erasures == 300
    assert not WebhookDelivery.objects.filter(pk__in=[row.pk for row in rows]).exclude(body="").exists()
    portions = -(-602 // redacting._AT_A_TIME)
    assert len(counted) < 60 + 22 * portions


@pytest.mark.once
def test_whoever_retires_themselves_is_named_nowhere(credly: World, client: Client) -> None:
    configure(credly)
    send(QUILL.event("OneX"))
    learner = QUILL.learner
    Learner.objects.filter(pk=learner.pk).update(is_staff=False)
    auditing.note(auditing.Via.API, learner, "changed", label="x")
    done = retiring.retire(learner, timezone.now(), via=auditing.Via.API, by=learner)
    assert set(AuditEntry.objects.values_list("actor_name", flat=True)) == {done.alias}
    assert where_named(QUILL) == set()


def test_what_is_somebody_elses_today_stays_theirs(credly: World) -> None:
    """The LMS has given Ada's address to Bob, and has not told of Ada since; Cyd is called as she is."""
    configure(credly)
    send(Traces("ada_1", "one@x.example", "Ada Lace").event("OneX", minute=1))
    send(Traces("bob_1", "one@x.example", "Bob Mill").event("OneX", minute=9))
    send(Traces("cyd_1", "cyd@x.example", "Ada Lace").event("OneX", minute=9))
    posting.post([Mail(to="one@x.example", subject="Your code, Bob Mill", text="c1")])
    posting.post([Mail(to="cyd@x.example", subject="Dear Ada Lace", text="c2")])
    row = hint('{"who": "one@x.example"}')
    before = all_but_learners()
    retire("ada_1")
    row.refresh_from_db()
    assert all_but_learners() == before
    assert row.body == '{"who": "one@x.example"}'


def test_an_address_in_any_script_that_went_to_another_is_theirs(credly: World) -> None:
    configure(credly)
    send(Traces("ada_1", "Äda@x.example", "Ada Lace").event("OneX", minute=1))
    send(Traces("ada_1", "new@x.example", "Ada Lace").event("OneX", minute=2))
    send(Traces("bob_1", "Äda@x.example", "Bob Mill").event("OneX", minute=9))
    row = hint('{"who": "Äda@x.example"}')
    retire("ada_1")
    row.refresh_from_db()
    assert row.body == '{"who": "Äda@x.example"}'


def test_a_learner_called_as_a_template_strikes_nothing(credly: World) -> None:
    template = configure(credly)
    BadgeTemplate.objects.filter(pk=template.pk).update(name="Reader Of Books")
    send(Traces("mallory_1", "m@x.example", "Reader Of Books").event("OneX"))
    posting.post([Mail(to="other@x.example", subject="Your badge Reader Of Books waits", text="x")])
    before = all_but_learners()
    retire("mallory_1")
    assert all_but_learners() == before


def test_labels_are_struck_of_the_person_alone(credly: World) -> None:
    template = configure(credly)
    BadgeTemplate.objects.filter(pk=template.pk).update(name="History of art")
    send(*(Traces(name, f"{place}@x.example", "A").event("OneX") for place, name in enumerate(("art", "queen of art"))))
    template.refresh_from_db()
    badges = Badge.objects.order_by("learner__username")
    auditing.note(auditing.Via.ADMIN, "boss", "changed", template)
    auditing.note(auditing.Via.ADMIN, "boss", "revoked", *badges)
    alias = retire("art").alias
    labels = list(AuditEntry.objects.filter(actor_name="boss").order_by("pk").values_list("label", flat=True))
    assert labels == ["History of art", f"{badges[0].template} of {alias}", f"{badges[1].template} of queen of art"]


def test_names_alike_in_unicode_are_two_learners() -> None:
    composed, apart = "jose\u0301".encode().decode(), "jos\u00e9"
    names = redacting.Names(composed)
    assert names.struck_from({"username": apart}, "-") == {"username": apart}
    assert names.struck_from({"username": composed}, "-") == {"username": "-"}


def test_a_long_run_of_escapes_is_gone_through_once() -> None:
    text = ("Иван Петров" + "\\" * 60_000) * 4
    started = time.perf_counter()
    struck = redacting.Names("ivan_1", full_names=("Иван Петров",)).struck_from(text, "-")
    assert (struck.count("-"), "Иван" in struck) == (4, False)
    assert time.perf_counter() - started < 2.0
