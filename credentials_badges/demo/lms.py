"""An LMS, played: learners of many places who pass courses, sometimes fail them later, and get certificates."""

import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

PASSING = "org.openedx.learning.course.passing.status.updated.v1"
CERTIFICATE = "org.openedx.learning.certificate.created.v1"
ENROLMENT = "org.openedx.learning.course.enrollment.created.v1"
START = datetime(2026, 9, 1, 8, tzinfo=UTC)
COURSES = (
    *("Harbour+DATA101", "Harbour+CLOUD101", "Harbour+CLOUD102", "Harbour+WRITE101"),
    *("Lakeside+TIDE101", "Lakeside+TIDE102", "Lakeside+PY101", "Lakeside+SOIL101", "River+CITY101", "River+MUSIC101"),
)
FIRST_NAMES = (
    *("Ada", "José", "Zoë", "李", "Олена", "Fatima", "Nguyễn", "Søren", "Aylin", "राम", "Chiamaka", "Łukasz"),
    *("山田", "Mária", "Jean-Luc", "علي", "Siobhán", "Tané"),
)
LAST_NAMES = (
    *("Okafor", "García", "Kovač", "娜", "Шевченко", "El-Amin", "Thị Hà", "Ørsted", "Yılmaz", "शर्मा", "Eze", "Żak"),
    *("太郎", "Nagy", "de la Tour", "حسن", "O’Neill", ""),
)


def lines(*, learners: int, seed: int = 7) -> Iterator[str]:
    """Lines of an events file: CloudEvents in order of time, some of them twice, and a few lines that are none."""
    dice = random.Random(seed)  # noqa: S311 (Dice for a play, not for a secret.)
    for number, event in enumerate(sorted(_events(learners, dice), key=lambda event: event["time"]), start=1):
        line = json.dumps({**event, "id": str(UUID(int=dice.getrandbits(128), version=4))}, ensure_ascii=False)
        yield line
        if dice.random() < 0.05:
            yield line
        if number == 100:
            yield '{"id": "cut-off", "type": "'
        if number == 200:
            yield '{"id": "no-type", "source": "/lms/demo", "data": {}}'
        if number == 300:
            yield json.dumps({**event, "id": "nobody", "data": {"course": {"course_key": "course-v1:Harbour+X+1"}}})


def _events(learners: int, dice: random.Random) -> Iterator[dict[str, Any]]:
    for number in range(learners):
        user = _user(number)
        for course in COURSES:
            time = START + timedelta(minutes=dice.randrange(60 * 24 * 60))
            yield _event(ENROLMENT, "enrollment", {"mode": "verified"}, user, course, time)
            if dice.random() > 0.45:
                continue
            time += timedelta(days=dice.randrange(1, 10))
            yield _event(PASSING, "course_passing_status", {"is_passing": True}, user, course, time)
            if dice.random() < 0.12:
                time += timedelta(days=dice.randrange(1, 30))
                yield _event(PASSING, "course_passing_status", {"is_passing": False}, user, course, time)
            elif dice.random() < 0.1:
                mode = {"mode": dice.choice(("verified", "audit"))}
                yield _event(CERTIFICATE, "certificate", mode, user, course, time + timedelta(hours=1))


def _event(
    type_: str, noun: str, data: dict[str, Any], user: dict[str, Any], course: str, time: datetime
) -> dict[str, Any]:
    key = f"course-v1:{course}+2026"
    return {
        "specversion": "1.0",
        "source": "/lms/demo",
        "type": type_,
        "time": time.isoformat(),
        "data": {noun: {**data, "course": {"course_key": key, "display_name": course}, "user": user}},
    }


def _user(number: int) -> dict[str, Any]:
    username = f"learner{number:04}"
    first = FIRST_NAMES[number % len(FIRST_NAMES)]
    last = LAST_NAMES[number // len(FIRST_NAMES) % len(LAST_NAMES)]
    pii = {"username": username, "email": f"{username}@learners.example", "name": f"{first} {last}".strip()}
    return {"id": 1000 + number, "is_active": True, "pii": pii}
