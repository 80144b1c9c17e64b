"""``python -m tests.catalogue``: make credentials_badges/badges/event_types.json from openedx-events.

It needs openedx-events of the version named below, and nothing of ours. For each public signal whose data carry a
learner it writes the paths that rules can name, what is found there, and an example of it; and so for our own events.
"""

import json
import sys
import types
from collections.abc import Iterator, Mapping
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Union, get_args, get_origin
from uuid import UUID

VERSION = "10.5.0"
TARGET = Path(__file__).resolve().parents[1] / "credentials_badges/badges/event_types.json"

COURSE = "course-v1:OpenedX+DemoX+Demo_Course"
EXAMPLES = {
    # Learners, and the members of staff who act on them.
    "id": "1001",
    "is_active": "true",
    "pii.username": "ada",
    "pii.email": "ada@example.com",
    "pii.name": "Ada Lovelace",
    "created_by.id": "7",
    "created_by.pii.username": "grace",
    "created_by.pii.email": "grace@example.com",
    "created_by.pii.name": "Grace Hopper",
    "requesting_user.id": "7",
    "requesting_user.pii.username": "grace",
    "requesting_user.pii.email": "grace@example.com",
    "requesting_user.pii.name": "Grace Hopper",
    # Courses.
    "course_key": COURSE,
    "course_id": COURSE,
    "master_course_key": COURSE,
    "ccx_course_key": "ccx-v1:OpenedX+DemoX+Demo_Course+ccx@1",
    "usage_key": "block-v1:OpenedX+DemoX+Demo_Course+type@sequential+block@final_exam",
    "course.display_name": "Open edX Demo Course",
    "course.start": "2027-02-01T09:00:00Z",
    "course.end": "2027-06-30T18:00:00Z",
    "course.coach_email": "coach@example.com",
    "course.max_students_allowed": "200",
    "course_passing_status.is_passing": "true",
    "cohort.name": "Spring group",
    "enrollment.creation_date": "2027-02-01T09:00:00Z",
    "mode": "verified",
    "org_key": "OpenedX",
    "role": "staff",
    "exam_type": "proctored",
    # Certificates and badges.
    "certificate.name": "Ada Lovelace",
    "certificate.grade": "0.85",
    "certificate.download_url": "https://lms.example.com/certificates/demo.pdf",
    "certificate.current_status": "downloadable",
    "certificate.previous_status": "generating",
    "program_certificate.uuid": "9b2f6a34-1c7d-4e58-8f60-3a5d7c9e1b24",
    "program_certificate.status": "awarded",
    "program_certificate.url": "https://credentials.example.com/credentials/9b2f6a341c7d4e588f603a5d7c9e1b24/",
    "program_certificate.certificate_available_date": "2027-07-15T00:00:00Z",
    "program.uuid": "5d1c8e70-42ab-4f39-9c86-e07b3d2f6a15",
    "program.title": "Data Science",
    "program.program_type": "professional-certificate",
    "badge.uuid": "c3a7e915-6b40-4d82-b5f1-08d92e7c4a63",
    "template.uuid": "e8d40b6f-93c2-4a17-8b5e-71f6c0a9d352",
    "template.origin": "credly",
    "template.name": "Data Explorer",
    "template.description": "Has passed the Open edX Demo Course.",
    "template.image_url": "https://credentials.example.com/media/data_explorer.png",
    # Verifications of identity.
    "idv_attempt.attempt_id": "512",
    "idv_attempt.name": "Ada Lovelace",
    "idv_attempt.status": "approved",
    "idv_attempt.expiration_date": "2029-02-01T09:00:00Z",
    # The forum.
    "thread.anonymous": "false",
    "thread.anonymous_to_peers": "false",
    "thread.body": "Where does the second lesson begin?",
    "thread.category_id": "12",
    "thread.category_name": "General",
    "thread.commentable_id": "course",
    "thread.group_id": "3",
    "thread.team_id": "4",
    "thread.thread_type": "question",
    "thread.title": "The second lesson",
    "thread.title_truncated": "false",
    "thread.truncated": "false",
    "thread.url": f"https://lms.example.com/courses/{COURSE}/discussion/forum/course/threads/1001",
    "thread.user_course_roles": "staff",
    "thread.user_forums_roles": "Student",
    # Launches by LTI.
    "launch_params.roles": "Learner",
    "launch_params.context_id": "algebra-7",
    "launch_params.user_id": "2f9c61e0",
}
"""By the end of a path, the longest that fits; paths begin here with the key that the data have."""

OF_ONE_TYPE = {
    ("org.openedx.learning.certificate.revoked.v1", "certificate.current_status"): "notpassing",
    ("org.openedx.learning.certificate.revoked.v1", "certificate.previous_status"): "downloadable",
    ("org.openedx.learning.course.unenrollment.completed.v1", "enrollment.is_active"): "false",
    ("org.openedx.learning.idv_attempt.created.v1", "idv_attempt.status"): "created",
    ("org.openedx.learning.idv_attempt.denied.v1", "idv_attempt.status"): "denied",
    ("org.openedx.learning.idv_attempt.pending.v1", "idv_attempt.status"): "pending",
    ("org.openedx.learning.program.certificate.revoked.v1", "program_certificate.status"): "revoked",
}
"""Where the event says by its type what the value is."""

OWN = {
    "badgekit.code.claimed": {
        "code": "harbour-day",
        "badge.slug": "knots",
        "badge.name": "Knots",
        "badge.type": "skill",
        "system": "harbour",
        "issuer": "lighthouse",
        "program": "keepers",
        "user.pii.username": "ada",
    }
}
"""The events that this service makes itself, by type: an example of each path. All of these are texts."""


def installed() -> str | None:
    """The version of openedx-events that is here, if any."""
    try:
        return version("openedx-events")
    except PackageNotFoundError:
        return None


def made() -> str:
    """The whole file: a line for each path, so that a newer version of openedx-events shows in a readable diff."""
    from openedx_events.tooling import OpenEdxPublicSignal, load_all_signals  # Only here: the tests do without it.

    load_all_signals()
    found = {
        signal.event_type: fields(signal.event_type, signal.init_data)
        for signal in OpenEdxPublicSignal.all_events()
        if any(carries_learner(annotation) for annotation in signal.init_data.values())
    }
    found |= {
        event_type: {path: {"type": "text", "example": text} for path, text in of_type.items()}
        for event_type, of_type in OWN.items()
    }
    blocks = [
        f"  {json.dumps(event_type)}: {{\n"
        + ",\n".join(f"    {json.dumps(path)}: {json.dumps(field)}" for path, field in sorted(of_type.items()))
        + "\n  }"
        for event_type, of_type in sorted(found.items())
    ]
    return "{\n" + ",\n".join(blocks) + "\n}\n"


def fields(event_type: str, init_data: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """What rules can compare in the data of a signal, by path."""
    import attrs

    starts_inside = len(init_data) == 1 and all(attrs.has(annotation) for annotation in init_data.values())
    return {
        path.partition(".")[2] if starts_inside else path: {"type": kind, "example": example(event_type, path)}
        for key, annotation in init_data.items()
        for path, kind in leaves(key, annotation)
    }


def leaves(path: str, annotation: Any) -> Iterator[tuple[str, str]]:
    """Each path below this one that ends at something that can be compared, and its kind."""
    import attrs

    annotation = without_none(annotation)
    if attrs.has(annotation):
        for field in attrs.fields(attrs.resolve_types(annotation)):
            yield from leaves(f"{path}.{field.name}", field.type)
    elif kind := kind_of(annotation):
        yield path, kind


def kind_of(annotation: Any) -> str | None:
    """The word for a plain type, or None for what cannot be compared."""
    from opaque_keys import OpaqueKey

    annotation = without_none(annotation)
    if (get_origin(annotation) or annotation) is list:
        return "list" if all(kind_of(element) for element in get_args(annotation)) else None
    kinds = {bool: "bool", int | float: "number", str | UUID: "text", datetime: "time", OpaqueKey: "key"}
    is_class = isinstance(annotation, type)
    # In this order, since a bool is an int to Python.
    return next((kind for class_, kind in kinds.items() if is_class and issubclass(annotation, class_)), None)


def without_none(annotation: Any) -> Any:
    """The type that an optional one has if it is there."""
    if get_origin(annotation) in {Union, types.UnionType}:
        left = [member for member in get_args(annotation) if member is not types.NoneType]
        return left[0] if len(left) == 1 else annotation
    return annotation


def carries_learner(annotation: Any) -> bool:
    """Whether a UserData is in it, at whatever depth."""
    import attrs
    from openedx_events.learning.data import UserData

    if annotation is UserData:
        return True
    if attrs.has(annotation):
        inner = [field.type for field in attrs.fields(attrs.resolve_types(annotation))]
    else:
        inner = list(get_args(annotation))
    return any(carries_learner(each) for each in inner)


def example(event_type: str, path: str) -> str:
    """What is written above. Raises LookupError if nothing is: an example must not be guessed."""
    if special := OF_ONE_TYPE.get((event_type, path)):
        return special
    keys = path.split(".")
    for start in range(len(keys)):
        if common := EXAMPLES.get(".".join(keys[start:])):
            return common
    raise LookupError(f"There is no example for {path} of {event_type}: write one in {Path(__file__).name}.")


def main() -> int:
    """Write the file; 1 if openedx-events is not there as it has to be."""
    if (here := installed()) != VERSION:
        sys.stderr.write(f"This needs openedx-events {VERSION}; {here or 'none'} is installed.\n")
        return 1
    TARGET.write_text(made(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
