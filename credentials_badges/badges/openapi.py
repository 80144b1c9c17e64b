"""How `/api/schema/` describes the REST API: what is sent, what is answered, and who may call."""

from typing import Any

from django.conf import settings
from drf_spectacular.authentication import BasicScheme
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiExample, OpenApiRequest, OpenApiResponse
from rest_framework import serializers, status

SUMMARY = "Send learners' events"
DESCRIPTION = """
The body is one CloudEvent or a list of them; `source` and `id` together decide what is new. The learner is the first
object of Open edX's `UserData` shape (`pii.username`, `pii.email`, `pii.name`, `id`) anywhere in `data`. If any of the
events is none, nothing is stored.

The user needs the permission *badges | learning event | Can add*. With a session, Django's CSRF token is needed too.
"""
RETIRE_SUMMARY = "Retire a user"
RETIRE_DESCRIPTION = (
    "Forgets for good what is known of the user here, and promises to erase their badges at the providers. Asking "
    "again does no harm. The user who asks needs the permission *badges | learner | Can retire learner*."
)
MOST_MIB = settings.DATA_UPLOAD_MAX_MEMORY_SIZE >> 20
TEXT = r"^[^\u0000]*[^\s\u0000][^\u0000]*$"
"""Not only spaces, and no NUL, which PostgreSQL could not keep."""

PASSING: dict[str, Any] = {
    "specversion": "1.0",
    "id": "5c1e2a84-c9f1-11f0-8de9-0242ac120002",
    "source": "/lms/web",
    "type": "org.openedx.learning.course.passing.status.updated.v1",
    "time": "2026-11-21T12:00:00Z",
    "data": {
        "course_passing_status": {
            "is_passing": True,
            "course": {"course_key": "course-v1:Lake+Boats+2026"},
            "user": {
                "id": 42,
                "is_active": True,
                "pii": {"username": "ada", "email": "ada@example.com", "name": "Ada Doe"},
            },
        }
    },
}
ONE = OpenApiExample("One event", PASSING)
MANY = OpenApiExample("A list of events", [PASSING])


class PasswordScheme(BasicScheme):  # type: ignore[no-untyped-call]
    """Ours is HTTP Basic too, which drf-spectacular does not see by itself."""

    target_class = "credentials_badges.badges.authentication.PasswordAuthentication"


class CloudEvent(serializers.Serializer[Any]):
    """A [CloudEvent 1.0](https://cloudevents.io). Other attributes may be there, and are not looked at."""

    specversion = serializers.ChoiceField(["1.0"])
    id = serializers.RegexField(TEXT, max_length=255)
    source = serializers.RegexField(TEXT, max_length=255, help_text="Where it comes from.")  # type: ignore[assignment]
    type = serializers.RegexField(TEXT, max_length=255, help_text="What has happened.")
    time = serializers.DateTimeField(
        required=False, allow_null=True, help_text="When; a missing or future one counts as the time of arrival."
    )
    data = serializers.DictField(  # type: ignore[assignment]
        required=False, help_text="What rules look at, in at most thirty levels."
    )


class StoredEvents(serializers.Serializer[Any]):
    """All of them are stored."""

    accepted = serializers.IntegerField(min_value=0, help_text="How many were new.")
    duplicate = serializers.IntegerField(min_value=0, help_text="How many had come before.")


class InvalidEvent(serializers.Serializer[Any]):
    """Why one of them is no event."""

    index = serializers.IntegerField(min_value=0, help_text="Its place in what was sent, from 0.")
    error = serializers.CharField()


class InvalidEvents(serializers.Serializer[Any]):
    """Nothing was stored."""

    detail = serializers.CharField()
    invalid = InvalidEvent(many=True, required=False, help_text="The first hundred; absent if the body is not JSON.")


class Refusal(serializers.Serializer[Any]):
    """Why nothing was done."""

    detail = serializers.CharField()


class Retirement(serializers.Serializer[Any]):
    """Who is retired: one of the two, or both if both have to be right."""

    username = serializers.CharField(required=False, max_length=255, trim_whitespace=False, help_text="In the LMS.")
    lms_user_id = serializers.IntegerField(required=False, min_value=1, max_value=2**63 - 1, help_text="In the LMS.")

    def validate_username(self, value: str) -> str:
        """No name begins or ends so, but some databases would take it for the one without."""
        if value != value.strip(" "):
            raise serializers.ValidationError("A username neither begins nor ends with a space.")
        return value

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Somebody has to be named."""
        if not attrs:
            raise serializers.ValidationError("username or lms_user_id has to be there.")
        return attrs


def _refusals(deed: str) -> dict[int, OpenApiResponse]:
    """What every call may be answered that is not done."""
    return {
        status.HTTP_401_UNAUTHORIZED: OpenApiResponse(Refusal, "The credentials are missing or wrong."),
        status.HTTP_403_FORBIDDEN: OpenApiResponse(Refusal, f"The user may not {deed}."),
        status.HTTP_413_REQUEST_ENTITY_TOO_LARGE: OpenApiResponse(Refusal, f"The body exceeds {MOST_MIB} MiB."),
        status.HTTP_415_UNSUPPORTED_MEDIA_TYPE: OpenApiResponse(Refusal, "The body is of another media type."),
        status.HTTP_429_TOO_MANY_REQUESTS: OpenApiResponse(Refusal, "There were too many wrong passwords."),
    }


class RetireSchema(AutoSchema):
    """Describes `views.RetireUser`."""

    def get_request_serializer(self) -> Any:
        """Who it is."""
        return {
            "application/json": OpenApiRequest(Retirement, examples=[OpenApiExample("By name", {"username": "ada"})])
        }

    def get_response_serializers(self) -> Any:
        """Every answer that the view gives."""
        return {
            status.HTTP_204_NO_CONTENT: OpenApiResponse(None, "Nothing is known of the user here, or not any more."),
            status.HTTP_400_BAD_REQUEST: OpenApiResponse(description="Nobody is named, or not in this form."),
            **_refusals("retire learners"),
            status.HTTP_409_CONFLICT: OpenApiResponse(Refusal, "The user works here, and is not retired."),
        }

    def get_operation(self, *args: Any, **kwargs: Any) -> dict[str, Any] | None:
        """Name it and explain it."""
        operation: dict[str, Any] | None = super().get_operation(*args, **kwargs)
        if operation:
            operation |= {"operationId": "retire_user", "summary": RETIRE_SUMMARY, "description": RETIRE_DESCRIPTION}
        return operation


class EventsSchema(AutoSchema):
    """Describes `views.Events`."""

    def get_request_serializer(self) -> Any:
        """Both shapes as plain JSON, or each by the name that CloudEvents gives it."""
        one = {"$ref": "#/components/schemas/CloudEvent"}
        many = {"type": "array", "items": one}
        return {
            "application/json": OpenApiRequest({"oneOf": [one, many]}, examples=[ONE, MANY]),
            "application/cloudevents+json": OpenApiRequest(CloudEvent, examples=[ONE]),
            "application/cloudevents-batch+json": OpenApiRequest(many, examples=[MANY]),
        }

    def get_response_serializers(self) -> Any:
        """Every answer that the view gives."""
        return {
            status.HTTP_202_ACCEPTED: OpenApiResponse(StoredEvents, "All of them are stored."),
            status.HTTP_400_BAD_REQUEST: OpenApiResponse(InvalidEvents, "Something in it is not an event."),
            **_refusals("send events"),
        }

    def get_operation(self, *args: Any, **kwargs: Any) -> dict[str, Any] | None:
        """Name it, explain it, and say that there has to be a body, which nothing above tells."""
        operation: dict[str, Any] | None = super().get_operation(*args, **kwargs)
        if operation:
            operation |= {"operationId": "send_events", "summary": SUMMARY, "description": DESCRIPTION.strip()}
            operation["requestBody"]["required"] = True
        return operation
