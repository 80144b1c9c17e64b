"""What learners do, told as events, and how many badges each configuration of docs/examples gives Ada for it."""

from typing import Any

from tests.badges.world import passing

DEMO = "course-v1:OpenedX+DemoX+Demo_Course"
OTHER = "course-v1:OpenedX+DemoX+OTHER_Course"
THIRD = "course-v1:OpenedX+DemoX+Third_Course"
NEXT_RUN = "course-v1:OpenedX+DemoX+2027"
NEAR_NUMBER = "course-v1:OpenedX+DemoX2+Demo_Course"
ELSEWHERE = "course-v1:Lakeside+DemoX+Demo_Course"
A_COURSE, B_COURSE = "course-v1:OpenedX+BadgeA+1", "course-v1:OpenedX+BadgeB+1"
"""The courses that badges A and B are for, of which another badge is made."""
FAILED: dict[str, Any] = {"is_passing": False}
CCX_PASSING = "org.openedx.learning.ccx.course.passing.status.updated.v1"
MINUTES_OF_A_DAY = 24 * 60

Event = dict[str, Any]


def course(key: str, day: float = 0, *, learner: str = "ada", **said: Any) -> Event:
    """A learner passes that course so many days after the world's start; `said` may say otherwise."""
    return passing(learner, key, minute=round(day * MINUTES_OF_A_DAY), **said)


def courses(number: int, first: int = 0) -> list[Event]:
    """Ada passes so many courses, one a day."""
    return [course(f"course-v1:OpenedX+Course{day}+1", day) for day in range(first, first + number)]


def at(time: str) -> Event:
    """Ada passes the Demo course at that moment."""
    return course(DEMO, time=time)


def days(*numbers: float) -> list[Event]:
    """Ada tries something in the Demo course on those days, without passing it."""
    return [course(DEMO, day, is_passing=False) for day in numbers]


def learners(*names: str) -> list[Event]:
    """One after the other passes the Demo course."""
    return [course(DEMO, learner=name) for name in names]


def ccx(number: int, master: str = DEMO, *, is_passing: bool = True) -> Event:
    """Ada passes that CCX of the course, in Open edX's shape."""
    ccx_key = f"{master.replace('course-v1:', 'ccx-v1:')}+ccx@{number}"
    event = passing("ada", master, is_passing=is_passing, type=CCX_PASSING)
    event["data"]["course_passing_status"]["course"] = {
        "ccx_course_key": ccx_key,
        "master_course_key": master,
        "display_name": ccx_key,
        "coach_email": "coach@example.com",
    }
    return event


def certificate(grade: object) -> Event:
    """Ada gets a certificate, in Open edX's shape, where the grade is a text."""
    event = passing("ada", DEMO, type="org.openedx.learning.certificate.created.v1")
    status = event["data"].pop("course_passing_status")
    event["data"] = {
        "certificate": {
            "user": status["user"],
            "course": status["course"],
            "mode": "verified",
            "grade": grade,
            "current_status": "downloadable",
            "download_url": "",
            "name": "Ada Doe",
        }
    }
    return event


CASES: dict[str, dict[str, tuple[int, list[Event]]]] = {
    "any_grade_update": {
        "passing": (1, [course(OTHER)]),
        "failing": (1, [course(DEMO, **FAILED)]),
        "a CCX": (0, [ccx(1)]),
    },
    "any_course": {
        "one": (1, [course(DEMO)]),
        "another": (1, [course(ELSEWHERE)]),
        "failing": (0, [course(DEMO, **FAILED)]),
        "a CCX": (0, [ccx(1)]),
    },
    "any_course_except_one": {
        "another": (1, [course(OTHER)]),
        "that one": (0, [course(DEMO)]),
        "both": (1, [course(DEMO), course(OTHER)]),
        "another failed": (0, [course(OTHER, **FAILED)]),
    },
    "one_course": {
        "passed": (1, [course(DEMO)]),
        "failed": (0, [course(DEMO, **FAILED)]),
        "another": (0, [course(OTHER)]),
        "its CCX": (0, [ccx(1)]),
        "passed by somebody else": (0, [course(DEMO, learner="ben")]),
        "passed twice": (1, [course(DEMO), course(DEMO, 1)]),
    },
    "several_courses": {
        "all": (1, [course(DEMO), course(OTHER)]),
        "all, in another order": (1, [course(OTHER), course(DEMO)]),
        "the first": (0, [course(DEMO)]),
        "the second": (0, [course(OTHER)]),
        "the first failed": (0, [course(DEMO, **FAILED), course(OTHER)]),
        "the second failed": (0, [course(DEMO), course(OTHER, **FAILED)]),
        "one of them by somebody else": (0, [course(DEMO), course(OTHER, learner="ben")]),
    },
    "one_of_several_courses": {
        "the first": (1, [course(DEMO)]),
        "the second": (1, [course(OTHER)]),
        "both": (1, [course(DEMO), course(OTHER, 1)]),
        "a third": (0, [course(THIRD)]),
        "failing": (0, [course(DEMO, **FAILED), course(OTHER, **FAILED)]),
    },
    "any_ccx": {
        "one": (1, [ccx(1)]),
        "one of another course": (1, [ccx(2, ELSEWHERE)]),
        "failing": (0, [ccx(1, **FAILED)]),
        "a course": (0, [course(DEMO)]),
    },
    "one_ccx": {
        "that one": (1, [ccx(1)]),
        "another": (0, [ccx(2)]),
        "failing": (0, [ccx(1, **FAILED)]),
        "the same number of another course": (0, [ccx(1, OTHER)]),
        "the course itself": (0, [course(DEMO)]),
    },
    "any_ccx_of_a_course": {
        "the first": (1, [ccx(1)]),
        "the second": (1, [ccx(2)]),
        "failing": (0, [ccx(1, **FAILED)]),
        "one of another course": (0, [ccx(1, OTHER)]),
        "the course itself": (0, [course(DEMO)]),
    },
    "any_ccx_of_a_course_except_one": {
        "the first": (1, [ccx(1)]),
        "the excluded one": (0, [ccx(2)]),
        "the excluded one and another": (1, [ccx(2), ccx(3)]),
        "failing": (0, [ccx(1, **FAILED)]),
        "one of another course": (0, [ccx(1, OTHER)]),
    },
    "a_course_or_any_of_its_ccx_except_one": {
        "the course": (1, [course(DEMO)]),
        "a CCX": (1, [ccx(1)]),
        "both": (1, [course(DEMO), ccx(2)]),
        "the excluded CCX": (0, [ccx(3)]),
        "another course": (0, [course(OTHER)]),
        "a CCX of another course": (0, [ccx(1, OTHER)]),
        "failing": (0, [course(DEMO, **FAILED), ccx(1, **FAILED)]),
    },
    "five_arbitrary_courses": {
        "five": (1, courses(5)),
        "six": (1, courses(6)),
        "four": (0, courses(4)),
        "four, one of them twice": (0, [*courses(4), *courses(1)]),
        "the fifth failed": (0, [*courses(4), course(DEMO, 5, **FAILED)]),
        "the fifth by somebody else": (0, [*courses(4), course(DEMO, 5, learner="ben")]),
    },
    "courses_in_order": {
        "in order": (1, [course(DEMO, 1), course(OTHER, 2), course(THIRD, 3)]),
        "in order, told late": (1, [course(THIRD, 3), course(OTHER, 2), course(DEMO, 1)]),
        "the last two swapped": (0, [course(DEMO, 1), course(THIRD, 2), course(OTHER, 3)]),
        "the first two swapped": (0, [course(OTHER, 1), course(DEMO, 2), course(THIRD, 3)]),
        "the last again in its turn": (1, [course(DEMO), course(THIRD, 1), course(OTHER, 2), course(THIRD, 3)]),
        "another for the first": (0, [course(NEXT_RUN, 1), course(OTHER, 2), course(THIRD, 3)]),
        "another for the second": (0, [course(DEMO, 1), course(NEXT_RUN, 2), course(THIRD, 3)]),
        "another for the third": (0, [course(DEMO, 1), course(OTHER, 2), course(NEXT_RUN, 3)]),
        "the first failed": (0, [course(DEMO, 1, **FAILED), course(OTHER, 2), course(THIRD, 3)]),
        "the second failed": (0, [course(DEMO, 1), course(OTHER, 2, **FAILED), course(THIRD, 3)]),
        "the third failed": (0, [course(DEMO, 1), course(OTHER, 2), course(THIRD, 3, **FAILED)]),
    },
    "a_course_in_february": {
        "its first moment": (1, [at("2027-02-01T00:00:00Z")]),
        "its last second": (1, [at("2027-02-28T23:59:59Z")]),
        "told in March": (1, [at("2027-03-03T00:00:00Z"), at("2027-02-20T00:00:00Z")]),
        "January": (0, [at("2027-01-31T23:59:59Z")]),
        "March": (0, [at("2027-03-01T00:00:00Z")]),
        "February where the learner is": (0, [at("2027-02-28T23:30:00-05:00")]),
        "a year too early": (0, [at("2026-02-10T00:00:00Z")]),
        "failing": (0, [{**course(DEMO, **FAILED), "time": "2027-02-10T00:00:00Z"}]),
    },
    "badge_from_badges": {
        "both": (1, [course(A_COURSE), course(B_COURSE)]),
        "both, in another order": (1, [course(B_COURSE), course(A_COURSE)]),
        "A alone": (0, [course(A_COURSE)]),
        "B alone": (0, [course(B_COURSE)]),
        "one of them somebody else's": (0, [course(A_COURSE), course(B_COURSE, learner="ben")]),
        "A lost before": (0, [course(A_COURSE), course(A_COURSE, 1, **FAILED), course(B_COURSE, 2)]),
        "A lost afterwards": (0, [course(A_COURSE), course(B_COURSE, 1), course(A_COURSE, 2, **FAILED)]),
    },
    "one_more_for_each_three_courses": {
        "two": (0, courses(2)),
        "two and a failed one": (0, [*courses(2), course(DEMO, 2, **FAILED)]),
        "three": (1, courses(3)),
        "five": (1, courses(5)),
        "six": (2, courses(6)),
        "nine": (3, courses(9)),
        "the same three again": (1, [*courses(3), *(course(DEMO, 4) for _ in range(3)), *courses(1)]),
    },
    "any_run_of_a_course": {
        "one run": (1, [course(DEMO)]),
        "another run": (1, [course(NEXT_RUN)]),
        "two runs": (1, [course(DEMO), course(NEXT_RUN, 1)]),
        "failing": (0, [course(NEXT_RUN, **FAILED)]),
        "a number that begins alike": (0, [course(NEAR_NUMBER)]),
        "another organization's": (0, [course(ELSEWHERE)]),
    },
    "any_course_of_an_organization": {
        "one": (1, [course(DEMO)]),
        "another": (1, [course(NEAR_NUMBER)]),
        "another organization's": (0, [course(ELSEWHERE)]),
        "a name that begins alike": (0, [course("course-v1:OpenedX2+DemoX+Demo_Course")]),
        "failing": (0, [course(DEMO, **FAILED)]),
    },
    "two_of_three": {
        "the first two": (1, [course(DEMO), course(OTHER)]),
        "the last two": (1, [course(THIRD), course(OTHER)]),
        "the outer two": (1, [course(THIRD), course(DEMO)]),
        "all three": (1, [course(DEMO), course(OTHER), course(THIRD)]),
        "one": (0, [course(OTHER)]),
        "one, twice": (0, [course(OTHER), course(OTHER, 1)]),
        "one and a fourth": (0, [course(OTHER), course(NEXT_RUN)]),
        "the last, the others failed": (0, [course(DEMO, **FAILED), course(OTHER, **FAILED), course(THIRD)]),
        "the first, the others failed": (0, [course(DEMO), course(OTHER, **FAILED), course(THIRD, **FAILED)]),
    },
    "all_within_thirty_days": {
        "on one day": (1, [course(DEMO), course(OTHER)]),
        "a minute less": (1, [course(DEMO), course(OTHER, 29.999)]),
        "in another order": (1, [course(OTHER), course(DEMO, 29)]),
        "thirty days later": (0, [course(DEMO), course(OTHER, 30)]),
        "a day too late": (0, [course(OTHER), course(DEMO, 31)]),
        "the first again": (1, [course(DEMO), course(DEMO, 20), course(OTHER, 49)]),
        "the first again afterwards": (1, [course(DEMO), course(OTHER, 40), course(DEMO, 50)]),
        "kept after that": (1, [course(DEMO), course(OTHER, 1), course(THIRD, 90)]),
        "the first failed": (0, [course(DEMO, **FAILED), course(OTHER)]),
        "the second failed": (0, [course(DEMO), course(OTHER, **FAILED)]),
        "one and a third": (0, [course(DEMO), course(THIRD)]),
    },
    "seven_days_in_a_row": {
        "seven": (1, days(*range(7))),
        "seven, late at night or early": (1, days(0.99, 1, 2.99, 3, 4.99, 5, 6.99)),
        "seven, the fourth told last": (1, days(0, 1, 2, 4, 5, 6, 3)),
        "six": (0, days(*range(6))),
        "with a day of rest": (0, days(0, 1, 2, 3, 4, 5, 7)),
        "a second try": (1, days(0, 1, 2, *range(4, 11))),
        "seven on one day": (0, days(*(hour / 24 for hour in range(7)))),
    },
    "a_good_grade": {
        "enough": (1, [certificate("0.9")]),
        "more": (1, [certificate("0.93")]),
        "all of it": (1, [certificate("1.0")]),
        "a number": (1, [certificate(1)]),
        "just too little": (0, [certificate("0.89")]),
        "little": (0, [certificate("0.09")]),
        "none": (0, [certificate("")]),
        "a word": (0, [certificate("Excellent")]),
        "better the second time": (1, [certificate("0.5"), certificate("0.95")]),
        "another event": (0, [course(DEMO)]),
    },
    "renewed_every_two_years": {
        "once": (1, [course(DEMO)]),
        "again at once": (1, [course(DEMO), course(NEXT_RUN, 1)]),
        "again a day too early": (1, [course(DEMO), course(NEXT_RUN, 669)]),
        "again in its last sixty days": (2, [course(DEMO), course(NEXT_RUN, 671)]),
        "again after its end": (2, [course(DEMO), course(DEMO, 800)]),
        "twice in its last sixty days": (2, [course(DEMO), course(DEMO, 680), course(DEMO, 700)]),
        "a third time": (3, [course(DEMO), course(DEMO, 700), course(DEMO, 1400)]),
        "failing": (1, [course(DEMO), course(DEMO, 700, **FAILED)]),
        "told when it has ended": (0, [course(NEAR_NUMBER, 800), course(DEMO)]),
        "another course": (0, [course(NEAR_NUMBER)]),
    },
    "limited_edition": {
        "the first": (1, [course(DEMO)]),
        "the third": (1, learners("ben", "cleo", "ada")),
        "the fourth": (0, learners("ben", "cleo", "dan", "ada")),
        "the third, since one came twice": (1, learners("ben", "cleo", "ben", "ada")),
        "the third, since one failed": (1, [course(DEMO, learner="eve", **FAILED), *learners("ben", "cleo", "ada")]),
        "another course": (0, [course(OTHER)]),
    },
    "lost_with_a_failing_grade": {
        "passed": (1, [course(DEMO)]),
        "failed": (0, [course(DEMO, **FAILED)]),
        "passed and lost": (0, [course(DEMO), course(DEMO, 1, **FAILED)]),
        "passed and lost, told late": (0, [course(DEMO, 1, **FAILED), course(DEMO)]),
        "passed, lost and passed": (1, [course(DEMO), course(DEMO, 1, **FAILED), course(DEMO, 2)]),
        "another course": (0, [course(OTHER)]),
        "another course failed": (1, [course(DEMO), course(OTHER, 1, **FAILED)]),
        "another learner failed": (1, [course(DEMO), course(DEMO, 1, learner="ben", **FAILED)]),
    },
}
