"""Who plays: two organizations at Credly, an issuer at Accredible, and learners who pass a course for each template."""

import json
import random
from collections import Counter
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from werkzeug.wrappers import Request, Response

from credentials_badges.demo import lms
from credentials_badges.demo.stage import Stage
from credentials_badges.sandbox import Sandbox
from providers.accredible.sandbox import AccredibleSandbox
from providers.credly.sandbox import CredlySandbox
from providers.credly.sandbox_rows import token_row
from tests.badges.world import passing, requirement
from tests.faults.report import Award, Held

LAG_SECONDS = 2.0
OLD_KEY, NEW_KEY = "harbour-key-of-last-term", "harbour-key-of-this-term"
CAST: dict[str, list[dict[str, Any]]] = {
    "credly": [
        {"name": "Harbour Point", "key": OLD_KEY, "templates": ["Tides", "Cranes", "Ropes", "Lamps"]},
        {"name": "Hill School", "key": "hill-key", "templates": ["Maps", "Sheep", "Bees", "Walls", "Barns"]},
    ],
    "accredible": [{"name": "Lakeside", "key": "lakeside-key", "templates": ["Rowing"]}],
}
COURSES = [template for accounts in CAST.values() for account in accounts for template in account["templates"]]
"""Each template is for the course of its name, so a tenth of the awards is at Accredible, which takes few calls."""
DAY_SECONDS = 24 * 3600


class Counted(Sandbox):
    """Counts also what `Faults` does not: refused calls, and how many a 429 told how long to wait."""

    def refuse(self, request: Request) -> Response | None:
        """As the provider does."""
        refusal = super().refuse(request)  # type: ignore[safe-super]
        if refusal:
            self.happened["refused"] += 1
        return refusal

    def throttled(self, *, retry_after: int | None) -> Response:
        """As the provider does."""
        self.happened["throttled with Retry-After"] += retry_after is not None
        return super().throttled(retry_after=retry_after)  # type: ignore[safe-super]


class CountedCredly(Counted, CredlySandbox):
    """Credly."""


class CountedAccredible(Counted, AccredibleSandbox):
    """Accredible."""


def stage() -> Stage:
    """The cast, with lists and searches that lag behind."""
    stage = Stage(credly=CountedCredly(), accredible=CountedAccredible())
    stage.cast(CAST)
    stage.credly.list_lag = stage.accredible.search_lag = LAG_SECONDS
    return stage


def change_key(stage: Stage) -> str:
    """At Credly, the first organization's key stops working and a new one is made; returns the organization's id."""
    credly = stage.credly
    with credly.lock:
        organization = next(iter(credly.organizations.values()))
        organization.tokens.append(token_row(organization, NEW_KEY, credly.now(), credly.now(DAY_SECONDS)))
        credly.expired_keys.add(OLD_KEY)
    return organization.id


def rules() -> str:
    """A rules file: whoever passes the course gets the badge."""
    templates = [
        {
            "provider": provider,
            "account": account["name"],
            "name": template,
            "active": True,
            "requirements": [requirement("passed", template)],
        }
        for provider, accounts in CAST.items()
        for account in accounts
        for template in account["templates"]
    ]
    return json.dumps({"templates": templates})


def events(number: int, dice: random.Random) -> list[dict[str, Any]]:
    """So many events of learners of many places who pass a course each time, in any order."""
    told = []
    for place in range(number):
        learner, course = divmod(place, len(COURSES))
        event = passing(f"learner{learner:04}", COURSES[course], minute=place)
        first = lms.FIRST_NAMES[learner % len(lms.FIRST_NAMES)]
        last = lms.LAST_NAMES[learner // len(lms.FIRST_NAMES) % len(lms.LAST_NAMES)]
        user = event["data"]["course_passing_status"]["user"]
        user["pii"]["name"] = f"{first} {last}".strip()
        user["id"] = 1000 + learner
        told.append({**event, "id": str(UUID(int=dice.getrandbits(128), version=4))})
    dice.shuffle(told)
    return told


def earned(stage: Stage, told: list[dict[str, Any]]) -> set[Award]:
    """What the learners of these events are to have."""
    ids = {row["name"]: row["id"] for org in stage.credly.organizations.values() for row in org.templates.values()}
    ids |= {
        row["course_name"]: str(id_)
        for issuer in stage.accredible.issuers.values()
        for id_, row in issuer.groups.items()
    }
    data = [event["data"]["course_passing_status"] for event in told]
    return {Award(ids[each["course"]["display_name"]], each["user"]["pii"]["email"]) for each in data}


def held(stage: Stage) -> list[Held]:
    """The live badges of the providers."""
    held, today = stage.held(), stage.accredible.today()
    credly = [
        Held(org, row["badge_template"]["id"], row["recipient_email"], row["issuer_earner_id"], row["id"])
        for org, rows in held["credly"].items()
        for row in rows
        if row["state"] == "pending"
    ]
    accredible = [
        Held(issuer, str(row["group"]["id"]), row["recipient_email"], row["recipient_id"], str(row["id"]))
        for issuer, rows in held["accredible"].items()
        for row in rows
        if row["approve"] and (not row["expired_on"] or row["expired_on"] >= today)
    ]
    return credly + accredible


def sent(stage: Stage) -> Counter[Award]:
    """How often the providers were asked to issue each badge, whatever came of it."""
    calls = [call for sandbox in stage.sandboxes for call in list(sandbox.requests)]
    return Counter(
        award for method, path, body in calls if method == "POST" and "search" not in path for award in _asked(body)
    )


def _asked(body: object) -> Iterator[Award]:
    """The badges for which a body asks, alone or among others."""
    if isinstance(body, list):
        for each in body:
            yield from _asked(each)
    elif isinstance(body, dict):
        if "recipient_email" in body:
            yield Award(body["badge_template_id"], body["recipient_email"])
        elif "recipient" in body:
            yield Award(str(body["group_id"]), body["recipient"]["email"])
        else:
            yield from _asked(list(body.values()))
