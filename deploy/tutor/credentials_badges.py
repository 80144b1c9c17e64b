"""A plug-in for Tutor: the badges service beside Open edX, on Tutor's MySQL, Redis, mail server and Caddy.

Copy this file to where ``tutor plugins printroot`` says, build the image (README.md in the folder above), and::

    tutor plugins enable credentials_badges
    tutor config save
    tutor local launch      # or: tutor k8s launch
"""

from typing import Any

import yaml
from tutor import hooks

NAME = "credentials-badges"
MIGRATE = "python -m credentials_badges migrate --no-input"
PROCESSES = {
    NAME: "gunicorn --config python:credentials_badges.serving credentials_badges.wsgi",
    f"{NAME}-worker": "celery --app credentials_badges worker --pool threads --concurrency 4",
    f"{NAME}-beat": "celery --app credentials_badges beat",
    f"{NAME}-consumer": "python -m credentials_badges consume_events "
    "-t {{CREDENTIALS_BADGES_TOPIC}} -g credentials-badges",
}
SECRETS = {
    "SECRET_KEY": "{{ CREDENTIALS_BADGES_SECRET_KEY }}",
    "FIELD_ENCRYPTION_KEYS": "{{ CREDENTIALS_BADGES_FIELD_ENCRYPTION_KEYS }}",
    "DATABASE_URL": "mysql://{{ CREDENTIALS_BADGES_MYSQL_USERNAME }}:{{ CREDENTIALS_BADGES_MYSQL_PASSWORD }}"
    "@{{ MYSQL_HOST }}:{{ MYSQL_PORT }}/{{ CREDENTIALS_BADGES_MYSQL_DATABASE }}",
    "BROKER_URL": "redis://{{ REDIS_USERNAME }}:{{ REDIS_PASSWORD }}@{{ REDIS_HOST }}:{{ REDIS_PORT }}"
    "/{{ CREDENTIALS_BADGES_REDIS_DB }}",
    # Where Tutor lets the LMS send its events.
    "EVENT_BUS_REDIS_CONNECTION_URL": "redis://{{ REDIS_USERNAME }}:{{ REDIS_PASSWORD }}@{{ REDIS_HOST }}"
    ":{{ REDIS_PORT }}/?socket_timeout=120",
    "EMAIL_URL": "smtp://{{ SMTP_HOST }}:{{ SMTP_PORT }}",
}
ENVIRONMENT = {
    "PUBLIC_BASE_URL": "https://{{ CREDENTIALS_BADGES_HOST }}",
    # Tutor's Caddy, and whatever stands before it.
    "PROXIES": "{{ 1 if ENABLE_WEB_PROXY else 2 }}",
    "DEFAULT_FROM_EMAIL": "{{ CONTACT_EMAIL }}",
    "EVENT_BUS_TOPIC_PREFIX": "{{ CREDENTIALS_BADGES_TOPIC_PREFIX }}",
}

hooks.Filters.CONFIG_DEFAULTS.add_items(
    [
        ("CREDENTIALS_BADGES_DOCKER_IMAGE", "credentials-badges:latest"),
        ("CREDENTIALS_BADGES_HOST", "badges.{{ LMS_HOST }}"),
        ("CREDENTIALS_BADGES_MYSQL_DATABASE", "credentials_badges"),
        ("CREDENTIALS_BADGES_MYSQL_USERNAME", "credentials_badges"),
        ("CREDENTIALS_BADGES_REDIS_DB", 7),
        ("CREDENTIALS_BADGES_TOPIC", "learning-badges-lifecycle"),
        ("CREDENTIALS_BADGES_TOPIC_PREFIX", "dev"),  # As Tutor has it for the LMS.
    ]
)
hooks.Filters.CONFIG_UNIQUE.add_items(
    [
        ("CREDENTIALS_BADGES_MYSQL_PASSWORD", "{{ 24|random_string }}"),
        ("CREDENTIALS_BADGES_SECRET_KEY", "{{ 48|random_string }}"),
        ("CREDENTIALS_BADGES_FIELD_ENCRYPTION_KEYS", "{{ 48|random_string }}"),
    ]
)


def patch(name: str, *more: Any) -> None:
    """Add these to one of Tutor's files, on Kubernetes as documents; Tutor fills in what stands in braces."""
    text = yaml.safe_dump_all(more, explicit_start=name.startswith("k8s-"), sort_keys=False, width=1000)
    hooks.Filters.ENV_PATCHES.add_item((name, text))


def container(command: str) -> dict[str, Any]:
    """A service of Docker Compose."""
    return {
        "image": "{{ CREDENTIALS_BADGES_DOCKER_IMAGE }}",
        "command": command,
        "environment": SECRETS | ENVIRONMENT,
        "volumes": ["../../data/credentials-badges:/var/lib/credentials-badges"],
        "restart": "unless-stopped",
        "stop_grace_period": "40s",
    }


def pod(name: str, command: str, **more: Any) -> dict[str, Any]:
    """What Kubernetes starts."""
    started = {
        "name": NAME,
        "image": "{{ CREDENTIALS_BADGES_DOCKER_IMAGE }}",
        "args": command.split(),  # Nothing in our commands has spaces in it.
        "env": [{"name": variable, "value": value} for variable, value in ENVIRONMENT.items()],
        "envFrom": [{"secretRef": {"name": NAME}}],
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
        **more,
    }
    return {
        "metadata": {"labels": {"app.kubernetes.io/name": name}},
        "spec": {
            "securityContext": {"runAsNonRoot": True, "runAsUser": 10001, "fsGroup": 10001},
            "terminationGracePeriodSeconds": 40,
            "containers": [started],
        },
    }


def deployment(name: str, command: str) -> dict[str, Any]:
    """One of our processes on Kubernetes."""
    more: dict[str, Any] = {}
    if name == NAME:
        more = {
            "ports": [{"containerPort": 8000}],
            "livenessProbe": {"httpGet": {"path": "/healthz", "port": 8000}},
            # Not /readyz: that tells of workers and of the database, and taking the web away mends neither.
            "readinessProbe": {"httpGet": {"path": "/healthz", "port": 8000}},
        }
    selector = {"matchLabels": {"app.kubernetes.io/name": name}}
    spec: dict[str, Any] = {"selector": selector, "template": pod(name, command, **more)}
    if name == f"{NAME}-beat":
        spec["strategy"] = {"type": "Recreate"}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name}, "spec": spec}


# Docker Compose.
patch("local-docker-compose-services", {name: container(command) for name, command in PROCESSES.items()})
patch("local-docker-compose-jobs-services", {f"{NAME}-job": container(MIGRATE) | {"restart": "no"}})
patch("local-docker-compose-permissions-volumes", ["../../data/credentials-badges:/mounts/credentials-badges"])
hooks.Filters.ENV_PATCHES.add_item(
    ("local-docker-compose-permissions-command", "setowner 10001 /mounts/credentials-badges")
)

# Kubernetes. Evidence needs a volume that all pods can write, which differs from cluster to cluster: see README.md.
patch(
    "k8s-deployments",
    {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": NAME}, "stringData": SECRETS},
    *(deployment(name, command) for name, command in PROCESSES.items()),
)
patch(
    "k8s-jobs",
    {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": f"{NAME}-job", "labels": {"app.kubernetes.io/component": "job"}},
        "spec": {"template": {"spec": pod(NAME, MIGRATE)["spec"] | {"restartPolicy": "Never"}}},
    },
)
patch(
    "k8s-services",
    {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": NAME},
        "spec": {"ports": [{"port": 8000}], "selector": {"app.kubernetes.io/name": NAME}},
    },
)

hooks.Filters.ENV_PATCHES.add_items(
    [
        (
            "caddyfile",
            '{{ CREDENTIALS_BADGES_HOST }}{$default_site_port} {\n    import proxy "credentials-badges:8000"\n}',
        ),
        (
            # The LMS sends what badges are earned by. Tutor has chosen Redis for its event bus already.
            "openedx-lms-common-settings",
            """
BADGES_ENABLED = True
for _event, _key in (
    ("org.openedx.learning.course.passing.status.updated.v1", "course_passing_status.course.course_key"),
    ("org.openedx.learning.ccx.course.passing.status.updated.v1", "course_passing_status.course.ccx_course_key"),
):
    EVENT_BUS_PRODUCER_CONFIG.setdefault(_event, {})["{{ CREDENTIALS_BADGES_TOPIC }}"] = {
        "event_key_field": _key,
        "enabled": True,
    }
""",
        ),
    ]
)

# Before the first start, and after each upgrade.
CREATE = """
ours() {
    mysql --host "{{ MYSQL_HOST }}" --port {{ MYSQL_PORT }} \\
        --user "{{ MYSQL_ROOT_USERNAME }}" --password="{{ MYSQL_ROOT_PASSWORD }}" --execute "$1"
}
database={{ CREDENTIALS_BADGES_MYSQL_DATABASE }} user={{ CREDENTIALS_BADGES_MYSQL_USERNAME }}
ours "CREATE DATABASE IF NOT EXISTS $database CHARACTER SET utf8mb4;"
ours "CREATE USER IF NOT EXISTS '$user'@'%';"
ours "ALTER USER '$user'@'%' IDENTIFIED BY '{{ CREDENTIALS_BADGES_MYSQL_PASSWORD }}';"
ours "GRANT ALL ON $database.* TO '$user'@'%';"
"""
hooks.Filters.CLI_DO_INIT_TASKS.add_items([("mysql", CREATE), (NAME, MIGRATE)])
