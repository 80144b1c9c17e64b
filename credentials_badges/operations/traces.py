"""Requests, tasks and calls are traced by OpenTelemetry, if a collector is named: of which kind, and how long."""

from collections.abc import Sequence
from urllib.parse import urlsplit

import requests
from django.conf import settings
from opentelemetry import propagate, trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.celery import CeleryInstrumentor
from opentelemetry.instrumentation.django import DjangoInstrumentor
from opentelemetry.instrumentation.requests import RequestsInstrumentor
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event, ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from opentelemetry.trace.status import Status
from opentelemetry.util.types import Attributes

AFTER = ("credentials_badges.operations.probes.Probes", "credentials_badges.operations.request_log.RequestLog")
"""What stands before OpenTelemetry's middleware, which asks for the host's name, and is nothing for probes."""
KEPT = frozenset(
    {
        *("http.method", "http.request.method", "http.route", "http.status_code", "http.response.status_code"),
        *("server.address", "error.type", "exception.type", "celery.action", "celery.state", "celery.task_name"),
        *("messaging.destination", "messaging.message.id"),
    }
)
"""Attributes that hold no path, no person, no header, and no words of an error."""


def begin() -> None:
    """From now on, trace."""
    endpoint = settings.OTEL_EXPORTER_OTLP_ENDPOINT.rstrip("/") + "/v1/traces"
    resource = Resource.create({"service.name": "credentials-badges", "service.version": settings.VERSION})
    provider = TracerProvider(resource=resource)
    provider.add_span_processor(BatchSpanProcessor(Bare(OTLPSpanExporter(endpoint=endpoint))))
    trace.set_tracer_provider(provider)
    # And no baggage: anybody could send some with a request, and providers would be handed it.
    propagate.set_global_textmap(TraceContextTextMapPropagator())
    DjangoInstrumentor().instrument(middleware_position=sum(name in settings.MIDDLEWARE for name in AFTER))
    CeleryInstrumentor().instrument()  # type: ignore[no-untyped-call]
    RequestsInstrumentor().instrument(request_hook=name_host)


def name_host(span: trace.Span, request: requests.PreparedRequest) -> None:
    """All that is told of where a call went: the address of a webhook, for one, is its receiver's secret."""
    span.set_attribute("server.address", urlsplit(request.url or "").hostname or "")


class Bare(SpanExporter):
    """Hands spans on with what is known to be harmless, and no more."""

    def __init__(self, to: SpanExporter) -> None:
        self.to = to

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Hand them on."""
        return self.to.export([_bare(span) for span in spans])

    def shutdown(self) -> None:
        """No more will come."""
        self.to.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Hand on at once."""
        return self.to.force_flush(timeout_millis)


def _bare(span: ReadableSpan) -> ReadableSpan:
    return ReadableSpan(
        name=span.name,
        context=span.context,
        parent=span.parent,
        resource=span.resource,
        attributes=_kept(span.attributes),
        events=[Event(event.name, _kept(event.attributes), event.timestamp) for event in span.events],
        links=span.links,
        kind=span.kind,
        status=Status(span.status.status_code),  # Without its words.
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=span.instrumentation_scope,
    )


def _kept(attributes: Attributes) -> Attributes:
    return {name: value for name, value in (attributes or {}).items() if name in KEPT}
