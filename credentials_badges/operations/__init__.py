"""For whoever runs the service: probes, metrics, the log of requests, and reports to Sentry and OpenTelemetry."""
