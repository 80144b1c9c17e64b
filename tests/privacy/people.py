"""People who have left traces everywhere, and how to look whether any are left."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.utils import timezone
from rest_framework.authtoken.models import Token

from credentials_badges.badges import auditing, granting, limiting, posting, recomputing
from credentials_badges.badges.models import (
    BadgeTemplate,
    Learner,
    LearningEvent,
    Mail,
    ProviderAccount,
    Recomputation,
    UnreadableEvent,
    WebhookDelivery,
)
from credentials_badges.endorsements import answering, asking, targets
from credentials_badges.endorsements.asking import Asked
from providers.badgekit import claims, evidence, guessing, reviewing
from providers.badgekit.claims import Claimant
from providers.badgekit.models import (
    Application,
    Badge,
    Batch,
    ClaimCode,
    Evidence,
    Member,
    Review,
    System,
    Webhook,
    WebhookCall,
)
from providers.badgekit.models.claims import evidence_storage
from providers.badgekit.reviewing import award
from tests.badges.world import PASSING, World, course_rule, passing, send
from tests.providers.badgekit.claims_world import upload


@dataclass(frozen=True)
class Traces:
    """What a person is called, in texts that stand nowhere else."""

    username: str
    email: str
    name: str

    def event(self, course: str, **attributes: Any) -> dict[str, Any]:
        """They pass a course."""
        raw = passing(self.username, course, **attributes)
        raw["data"]["course_passing_status"]["user"]["pii"] = {
            "username": self.username,
            "email": self.email,
            "name": self.name,
        }
        return raw

    @property
    def learner(self) -> Learner:
        """The row that they have now."""
        return Learner.objects.get(username=self.username)


QUILL = Traces("quill.Xarafax7", "Quill.Xarafax@Learners.example", "Quillon Xarafax-Ødegård")
OTHERS = (
    Traces("quill.Xarafax77", "Quill.Xarafax@Learners.example.org", "Quillon Xarafax-Ødegårdsen"),
    Traces("Quill.xarafax7", "r.quill.Xarafax@Learners.example", "Aquillon Xarafax-Ødegård"),
)
"""Whose names begin or end like theirs, or differ in upper and lower case alone."""


def configure(world: World) -> BadgeTemplate:
    """A template whose rules look at who it is, so that the reasons for its badges name people."""
    about = [{"path": f"user.pii.{name}", "operator": "exists", "value": ""} for name in ("username", "email", "name")]
    rules = [*course_rule("OneX"), *about]
    wanted = {"id": "one", "event_type": PASSING, "rules": rules, "distinct": "user.pii.email", "count": 1}
    return world.configure(requirements=[wanted])


def leave_traces(person: Traces, world: World) -> None:
    """Do everything that leaves something behind."""
    _learn(person, world)
    _use_the_store(person)
    _be_mentioned(person)
    _endorse(person, world)


def _learn(person: Traces, world: World) -> None:
    send(person.event("OneX", minute=1), person.event("TwoX", minute=2))
    learner = person.learner
    boss = Learner.objects.get_or_create(username="boss", is_staff=True)[0]
    granting.grant(world.templates[1], [learner], by=boss, reason=f"{person.name} has asked for it", now=timezone.now())
    world.deliver(2)
    given = learner.badges.get(template=world.templates[1])
    granting.revoke([given.pk], by=boss, reason=f"{person.email} did not", now=timezone.now())
    world.deliver(2)
    LearningEvent.objects.filter(learner=learner, payload__icontains="TwoX").update(error=f"{person.name} is wrong")
    learner.groups.add(Group.objects.get_or_create(name="testers")[0])
    learner.user_permissions.add(Permission.objects.get(codename="view_mail"))
    Token.objects.create(user=learner)
    client = Client()
    client.force_login(learner)
    session = client.session
    session["said"] = person.email
    session.save()
    job = recomputing.ask([world.templates[0]], timezone.now(), by=learner)
    recomputing.carry_on(job.pk)
    report = {"1": {"earners": [person.username, "somebody"], "losers": [person.username]}}
    Recomputation.objects.filter(pk=job.pk).update(report=report)


def _use_the_store(person: Traces) -> None:
    city, learner = System.objects.get(slug="city"), person.learner
    reader, coder = Badge.objects.get(slug="reader"), Badge.objects.get(slug="coder")
    Member.objects.create(system=city, user=learner, role=Member.Role.READER)
    Batch.objects.create(badge=reader, label=f"For {person.name}", made_by=learner)
    for badge, state in ((reader, {}), (coder, {"needs_approval": True})):
        code = ClaimCode.objects.create(
            badge=badge,
            code=f"{badge.slug}-{learner.pk}",
            label=f"Made for {person.username}.",
            handed_out_to=person.email.lower(),
            bound_to=person.email,
            made_by=learner,
            **state,
        )
        items = (evidence.text(f"I am {person.name}"), evidence.file(upload(name=f"{person.username}.png")))
        who = Claimant(name=person.name, evidence=items, is_reviewed=True, learner=learner)
        reviewing.submit(code, person.email, who)
    many = ClaimCode.objects.create(badge=coder, code=f"many-{learner.pk}", multiuse=True)
    claims.claim(many, award("eve@example.com"), note=person.email)
    for ordinal in (1, 2):
        application = Application.objects.create(
            slug=f"{learner.pk}-{ordinal}", badge=coder, learner=person.email, assigned_to=person.email.upper()
        )
        Evidence.objects.create(application=application, url=f"https://e.example/{person.username}", reflection="Me")
    of_another = Application.objects.create(slug=f"of-another-{learner.pk}", badge=coder, learner="eve@example.com")
    Review.objects.create(slug=f"r-{learner.pk}", application=of_another, author=person.email, comment=person.name)
    for name, pace in limiting.hidden("guess of", learner.pk, guessing.BY_ACCOUNT):
        limiting.take_turn(name, pace)


def _be_mentioned(person: Traces) -> None:
    now = timezone.now()
    said = {"recipient": {"email": person.email, "name": person.name}, "who": person.username}
    for number, body in enumerate((json.dumps(said), json.dumps(said, ensure_ascii=False), f"junk {person.email}.")):
        WebhookDelivery.objects.create(
            provider="credly",
            claimed_account="nobody",
            delivery_id=f"{person.learner.pk}-{number}",
            kind="badge.issued",
            body=body,
            status=WebhookDelivery.Status.DONE,
            not_before=now,
            outcome=f"{person.name} has it",
            received_at=now,
        )
        UnreadableEvent.objects.create(
            source="lms",
            where=f"line {number}",
            reason=f"not an event of {person.username}",
            body=body,
            digest=f"{person.learner.pk}-{number}",
            received_at=now,
        )
    LearningEvent.objects.create(
        event_id=f"nobodys-{person.learner.pk}",
        source="lms",
        type="x",
        occurred_at=now,
        received_at=now,
        processed_at=now,
        error="The event names no learner",
        payload={"mail": person.email},
    )
    posting.post([Mail(to=person.email, subject=f"Dear {person.name}", text="Your badge", html="<p>Your badge")])
    posting.post([Mail(to="boss@example.com", subject="A claim waits", text=f"{person.name} waits")])
    webhook = Webhook.objects.get_or_create(system=System.objects.get(slug="city"), url="https://site.example/hook")[0]
    posting.post([WebhookCall(webhook=webhook, action="award", body=json.dumps(said), topic="x", destination="y")])
    auditing.note(auditing.Via.ADMIN, person.learner, "changed", person.learner, changes={"email": ["", person.email]})
    LogEntry.objects.create(
        user_id=person.learner.pk,
        content_type=ContentType.objects.get_for_model(Learner),
        object_id=str(person.learner.pk),
        object_repr=person.username,
        action_flag=CHANGE,
        change_message=f"Given by hand to {person.email}: {person.name}",
    )


def _endorse(person: Traces, world: World) -> None:
    """Be asked and answer, ask somebody else, and have a badge that is endorsed."""
    learner, boss, now = person.learner, Learner.objects.get(username="boss"), timezone.now()
    ProviderAccount.objects.update(endorsements_enabled=True)
    told = {"message": f"{person.name} needs it.", "now": now}
    target = targets.find("template", str(world.templates[0].uuid))
    of_badge = targets.find("badge", str(learner.badges.all()[0].uuid))
    assert target
    assert of_badge
    (made,) = asking.ask(target, boss, people=[Asked(name=person.name, email=person.email)], **told).made
    said = {"text": f"I am {person.name}.", "in_name_of": person.name, "url": "", "voice": None}
    assert answering.accept(made, now=now, **said)
    asking.ask(of_badge, boss, people=[Asked(name="Rosa", email="rosa@roth.example")], **told)
    somebody = Asked(name="Eve", email=f"eve-{learner.pk}@example.com")
    (declined,) = asking.ask(target, learner, people=[somebody], **told).made
    assert answering.decline(declined, f"I do not know {person.email}.", now)


def texts() -> Iterator[tuple[str, str]]:
    """Every text of every column of every table, with the table's name; and every file of evidence."""
    with connection.cursor() as cursor:
        for table in sorted(connection.introspection.table_names(cursor)):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")  # noqa: S608 (Of our own tables.)
            columns = [column[0] for column in cursor.description or ()]
            for row in cursor.fetchall():
                for column, value in zip(columns, row, strict=True):
                    if isinstance(value, str):
                        yield f"{table}.{column}", value
    for session in Session.objects.all():
        yield "session", str(session.get_decoded())


def where_named(person: Traces) -> set[str]:
    """The columns in which a person is named, by any of their names, in any spelling."""
    spelt = {form.lower() for text in (person.username, person.email, person.name) for form in (text, json.dumps(text))}
    spelt |= {form.strip('"') for form in spelt}
    return {column for column, text in texts() if any(form in text.lower() for form in spelt)}


def files() -> int:
    """How many files of evidence there are."""
    storage = evidence_storage()
    if not storage.exists(""):
        return 0
    return sum(len(storage.listdir(folder)[1]) for folder in storage.listdir("")[0])
