"""A large world, for measuring: made within the database, since a million rows would take Python long.

    DATABASE_URL=sqlite:///var/world.sqlite3 python -m tests.bench.world [badges] [learners]

The database has to be empty. Every column that is not named here gets what its model's default says.
"""

# ruff: noqa: S608 (Statements are made of our own names.)

import sys
from typing import Any

import django
from django.db import connection, transaction

from tests.bench.filling import BASE, EACH, ago, div, fill, one_of, part, text

PROVIDERS = ("credly", "accredible", "badgekit")
ACCOUNTS = 4
"""Of each provider."""
NAMES = ("Ada Lovelace", "Zoë Ångström", "Ирина Петрова", "李小龙", "محمد علي", "Ελένη Παππά", "さくら", "अनुष्का")
TYPES = tuple(f"org.openedx.learning.course.{name}.v1" for name in ("passed", "graded", "enrolled", "left", "rated"))
STATES = ("accepted", "accepted", "pending", "accepted", "pending", "", "accepted", "accepted", "expired", "unknown")
REVOKED = "n % 20 = 3"
"""What is taken back here; the sides agree about all badges but one in a hundred."""
HELD = 2_000
"""Badges of the one learner who has many."""


def build(badges: int = 1_000_000, learners: int = 100_000, templates: int = 300) -> None:
    """Make it; what has no number of its own grows with the badges, and the store's rows with the learners."""
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "mysql":
            mode = "sql_mode = CONCAT(@@sql_mode, ',PIPES_AS_CONCAT')"
            cursor.execute(f"SET SESSION {mode}, max_recursive_iterations = 100000000")
        cursor.execute(f"CREATE TEMPORARY TABLE {BASE} (n BIGINT PRIMARY KEY)")
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO {BASE} (n) WITH RECURSIVE up (n) AS "
                "(SELECT 0 UNION ALL SELECT n + 1 FROM up WHERE n + 1 < %s) SELECT n FROM up",
                [max(badges, learners, HELD)],
            )
            many = _people(learners)
            first = _templates(templates)
            _earned(badges, learners, templates, first, many)
            _heard(badges, learners)
            _store(learners)
            _rest(min(badges, EACH))
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"DROP {'TEMPORARY ' if connection.vendor == 'mysql' else ''}TABLE {BASE}")
            if connection.vendor == "postgresql":  # As it does by itself after a while; SQLite never does.
                cursor.execute("ANALYZE")


def _people(learners: int) -> int:
    """All learners, an administrator, and the one with many badges, whose id is returned."""
    from credentials_badges.badges.models import Learner

    named = {
        "username": "'learner' || n",
        "email": "'Learner' || n || '@example.com'",
        "full_name": f"{one_of(NAMES)} || ' ' || n",
        "lms_user_id": "n + 1",
        "date_joined": ago("n"),
    }
    fill(Learner, learners, named, constant={"password": "!"})
    Learner.objects.create(username="administrator", is_staff=True, is_superuser=True)
    return Learner.objects.create(username="many", email="many@example.com").pk


def _templates(count: int) -> int:
    """Accounts, templates and their rules; the id of the first template is returned, and the others follow it."""
    from credentials_badges.badges.models import BadgeRequirement, BadgeTemplate, DataRule, ProviderAccount

    accounts = [
        ProviderAccount.objects.create(provider=provider, external_id=f"place-{number}", name=f"{provider} {number}")
        for number in range(ACCOUNTS)
        for provider in PROVIDERS
    ]
    made = BadgeTemplate.objects.bulk_create(
        BadgeTemplate(
            account=accounts[number % len(accounts)], external_id=f"t-{number}", name=f"Course {number}", is_active=True
        )
        for number in range(count)
    )
    requirements = BadgeRequirement.objects.bulk_create(
        BadgeRequirement(template=template, key=str(number), event_type=TYPES[0], description=f"Pass course {number}")
        for template in made
        for number in range(3)
    )
    rules = (DataRule(requirement=each, path="course.course_key", value=f"key-{each.pk}") for each in requirements)
    DataRule.objects.bulk_create(rules)
    return made[0].pk


def _earned(badges: int, learners: int, templates: int, first: int, many: int) -> None:
    """Progress, badges, promises and announcements; and those of one learner who has many."""
    from credentials_badges.badges.models import Badge, BadgeProgress, Fulfillment, Issuance
    from credentials_badges.eventbus.models import Announcement

    turn = div("n", learners)
    template = f"{first} + ((n % {learners}) * 7 + {turn} * 13) % {templates}"
    learner, moment = f"n % {learners} + 1", ago(f"({badges} - n) * 20")
    progress = {"learner": learner, "template": template, "updated_at": moment, "groups_done": "n % 4"}
    fill(BadgeProgress, badges, progress, constant={"groups_needed": 3})
    badge = {
        "account": "account_id",
        "awarded_at": moment,
        "earned_at": moment,
        "status": f"CASE WHEN {REVOKED} THEN 'revoked' ELSE 'awarded' END",
        "external_id": "CASE WHEN n % 10 = 5 THEN NULL ELSE 'ext-' || n END",
        "external_state": f"CASE WHEN n % 100 = 17 THEN 'revoked' WHEN {REVOKED} AND n % 1000 <> 3 THEN 'revoked' "
        f"ELSE {one_of(STATES)} END",
    }
    because = [{"requirement": "1", "event": {"id": "event"}, "rules": [["course.course_key", "eq", "key", "key"]]}]
    join = "JOIN badges_badgetemplate t ON t.id = "
    held = min(HELD, badges // 2)
    kept = badges - held
    own = {"id": "n + 1", "learner": learner, "template": template}
    fill(Badge, kept, {**badge, **own}, join=join + template.replace("%", "%%"), constant={"because": because})
    of_many = f"{first} + n % {templates}"
    own = {
        "id": f"n + {kept} + 1",
        "learner": f"{many} + 0 * n",
        "template": of_many,
        "ordinal": div("n", templates) + " + 1",
    }
    own["external_id"] = "'many-' || n"
    fill(Badge, held, {**badge, **own}, join=join + of_many.replace("%", "%%"), constant={"because": because})
    promise = {
        "id": "b.id",
        "badge": "b.id",
        "account": "b.account_id",
        "created_at": "b.awarded_at",
        "delivered_at": "b.awarded_at",
        "status": f"CASE WHEN n % 1000 = 7 THEN 'dead' WHEN n > {badges - 1000} THEN 'pending' ELSE 'delivered' END",
        "failure": "CASE WHEN n % 1000 = 7 THEN 'rejected' ELSE '' END",
        "action": "CASE WHEN n % 50 = 3 THEN 'revoke' ELSE 'issue' END",
    }
    receipt = {"id": "an external id", "state": "accepted", "recipient": "somebody", "url": "https://example.com/badge"}
    fill(Issuance, badges, promise, join="JOIN badges_badge b ON b.id = n + 1", constant={"receipt": receipt})
    marks = {"learner": f"{many} + 0 * n", "requirement": "n + 1", "as_of": moment}
    fill(Fulfillment, templates, marks, constant={"fulfilled": True, "why": because[0]})
    told = {"topic": "'badge-' || n", "created_at": moment, "not_before": moment, "sent_at": moment}
    fill(Announcement, part(badges, 5), told, constant={"status": "sent", "deed": "awarded"})
    _vouched_for(badges, f"{first} + n % {templates}")


def _vouched_for(badges: int, template: str) -> None:
    """Endorsements, and the keys of those who sign."""
    from credentials_badges.endorsements.models import Endorsement
    from credentials_badges.openbadges.models import SigningKey

    said = {"account": "t.account_id", "template": "t.id", "answered_at": ago("n"), "asked_at": ago("n")}
    said |= {"expires_at": ago("n")}
    names = {"kind": "template", "endorser_name": "Rosa Roth", "in_name_of": "Roth & Co.", "text": "It is **good**."}
    join = f"JOIN badges_badgetemplate t ON t.id = {template}".replace("%", "%%")
    fill(Endorsement, part(badges, 100), said, join=join, constant={**names, "language": "en", "state": "accepted"})
    key = {"issuer_key": "'program-' || n", "created_at": ago("n")}
    public = {"provider": "badgekit", "algorithm": "RS256", "number": 1, "public_jwk": {"kty": "RSA"}}
    fill(SigningKey, part(badges, 100), key, constant=public)


def _heard(badges: int, learners: int) -> None:
    """Words received, and what people did."""
    from credentials_badges.badges.models import (
        AuditEntry,
        LearningEvent,
        Mail,
        SyncRun,
        UnreadableEvent,
        WebhookDelivery,
    )

    moment = ago(f"({badges} - n) * 20")
    event = {
        "event_id": "'event-' || n",
        "type": one_of(TYPES, "n * 3"),
        "learner": f"n % {learners} + 1",
        "occurred_at": moment,
        "received_at": moment,
        "processed_at": f"CASE WHEN n > {badges - 1000} THEN NULL ELSE {moment} END",
        "error": "CASE WHEN n % 1000 = 11 THEN 'no learner is named' ELSE '' END",
    }
    fill(LearningEvent, badges, event, constant={"source": "/lms", "payload": {}})
    unreadable = {"source": one_of(("/lms", "/shop", "/forum")), "digest": "'digest-' || n", "received_at": moment}
    fill(UnreadableEvent, part(badges, 100), unreadable, constant={"where": "line 1", "reason": "no JSON", "body": "{"})
    account = f"n % {ACCOUNTS} * 3 + 1"
    delivery = {
        "delivery_id": "'delivery-' || n",
        "account": account,
        "kind": one_of(("badge.accepted", "badge.revoked", "badge.issued")),
        "received_at": moment,
        "not_before": moment,
    }
    fill(WebhookDelivery, part(badges, 10), delivery, constant={"provider": "credly", "status": "done"})
    pull = {"account": account, "started_at": moment, "finished_at": moment}
    fill(SyncRun, part(badges, 100), pull)
    deed = {"at": moment, "key": text("n"), "label": "'Course ' || n", "action": one_of(("changed", "added"))}
    named = {"actor_name": "administrator", "via": "admin", "model": "badges.badgetemplate"}
    fill(AuditEntry, part(badges, 5), deed, constant=named)
    mail = {"to": "'learner' || n || '@example.com'", "created_at": moment, "not_before": moment}
    fill(Mail, part(badges, 50), mail, constant={"status": "sent", "subject": "Your badge", "text": "Here it is."})


def _store(learners: int) -> None:
    """The store's systems, badges, codes, claims and instances."""
    from providers.badgekit.models import Badge, BadgeInstance, Batch, Claim, ClaimCode, CodeVisits, System

    systems = [System.objects.create(slug=f"place-{number}", name=f"Place {number}") for number in range(ACCOUNTS)]
    made = [
        Badge.objects.create(slug=f"t-{number}", name=f"Course {number}", system=systems[number % ACCOUNTS])
        for number in range(ACCOUNTS * 10)
    ]
    badge, moment = f"{made[0].pk} + n % {len(made)}", ago("n * 60")
    fill(Batch, part(learners, 1000), {"badge": badge, "label": "'Batch ' || n"})
    batch = f"n % {part(learners, 1000)} + 1"
    code = {"badge": badge, "code": "'code-' || n", "code_key": "'code-' || n", "made_at": moment, "batch": batch}
    code |= {"email": "'learner' || n || '@example.com'"}
    fill(ClaimCode, learners, code, constant={"label": "A code", "claimed": True, "uses": 1})
    email = {"badge": badge, "email": "'learner' || n || '@example.com'", "address": "'learner' || n || '@example.com'"}
    held = {**email, "slug": "'instance-' || n", "issued_on": moment, "claim_code": "n + 1"}
    fill(BadgeInstance, learners, held)
    claim = {**email, "code": "n + 1", "learner": "n + 1", "instance": "n + 1", "made_at": moment, "decided_at": moment}
    claim |= {"state": one_of(("awarded", "awarded", "submitted", "rejected")), "name": one_of(NAMES)}
    fill(Claim, learners, claim)
    visits = {"code": "n + 1", "source": one_of(("qr", "mail", "x"))}
    fill(CodeVisits, learners, visits, constant={"kind": "viewed", "count": 3})


def _rest(count: int) -> None:
    """What has pages of its own, and is never much."""
    from django.contrib.auth.models import Group
    from django_celery_beat.models import (
        ClockedSchedule,
        CrontabSchedule,
        IntervalSchedule,
        PeriodicTask,
        SolarSchedule,
    )
    from rest_framework.authtoken.models import Token

    from credentials_badges.badges.models import BadgePenalty, Recomputation
    from providers.badgekit import models as store

    badge = f"{store.Badge.objects.order_by('pk')[0].pk} + 0 * n"
    system = f"{store.System.objects.order_by('pk')[0].pk} + 0 * n"
    number, name = "n + 1", "'name ' || n"
    named = {"slug": name, "slug_key": name, "name": name}
    rows: dict[Any, dict[str, str]] = {
        Group: {"name": name},
        Token: {"key": "'key-' || n", "user": number},
        Recomputation: {"asked_by": number},
        BadgePenalty: {"template": "t.id", "description": name},
        IntervalSchedule: {"every": number},
        ClockedSchedule: {"clocked_time": ago("n")},
        CrontabSchedule: {},
        SolarSchedule: {"latitude": "n"},
        PeriodicTask: {"name": name, "interval": number},
        store.Image: {"slug": name},
        store.Issuer: {**named, "system": system},
        store.Program: {**named, "issuer": number},
        store.Consumer: {"api_key": name, "compared_key": name, "system": system},
        store.Webhook: {"url": name, "system": system},
        store.WebhookCall: {"webhook": number, "topic": name},
        store.Milestone: {"system": system, "primary_badge": badge},
        store.Application: {"slug": name, "badge": badge, "learner": name},
        store.Review: {"slug": name, "application": number, "author": name},
    }
    constant = {"period": "hours", "event": "sunrise", "longitude": 1, "number_required": 1, "event_type": TYPES[0]}
    for model, told in rows.items():
        join = "JOIN badges_badgetemplate t ON t.id = n + 1" if model is BadgePenalty else ""
        fill(model, count, told, join=join, constant=constant)


if __name__ == "__main__":
    django.setup()
    build(*map(int, sys.argv[1:]))
