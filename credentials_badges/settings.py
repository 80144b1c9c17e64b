"""Django's settings, all from the environment; `docs/settings.md` explains each name."""

import tomllib
from importlib.metadata import entry_points, version
from pathlib import Path
from urllib.parse import quote

from django.core.exceptions import ImproperlyConfigured
from kombu import Queue

from credentials_badges import env, headers, logs
from credentials_badges.env import address, database, flag, mail, names, number, seconds, secret, text
from credentials_badges.production import refuse_unsafe
from credentials_badges.sign_in import APPS, sign_in

BASE_DIR = Path(__file__).resolve().parent.parent
_project = BASE_DIR / "pyproject.toml"
# A checkout keeps its data in itself; whoever has installed the package, where they start it.
VAR = (BASE_DIR if _project.exists() else Path.cwd()) / "var"

DEBUG = flag("DEBUG", default=False)
# A checkout is not installed, and has its version where a package is made from.
VERSION = (
    tomllib.loads(_project.read_text(encoding="utf-8"))["project"]["version"]
    if _project.exists()
    else version("credentials-badges")
)
# Where this service is reached from outside: told to people who have to enter an address of ours elsewhere.
_public = address("PUBLIC_BASE_URL", default="http://127.0.0.1:8000")
PUBLIC_BASE_URL = _public.geturl()
ALLOWED_HOSTS = names("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]", _public.hostname or ""])

DATABASES = {"default": database(text("DATABASE_URL", default=f"sqlite:///{quote(str(VAR / 'badges.sqlite3'))}"))}
EMBEDDED = DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3"
# What belongs to an SQLite database lies beside it: its secrets, and the embedded broker's messages.
BESIDE = Path(str(DATABASES["default"]["NAME"])).resolve().parent if EMBEDDED else VAR
if EMBEDDED:
    BESIDE.mkdir(parents=True, exist_ok=True)
SECRET_KEY = secret("SECRET_KEY", kept_in=BESIDE if EMBEDDED else None)
FIELD_ENCRYPTION_KEYS = env.parts(secret("FIELD_ENCRYPTION_KEYS", kept_in=BESIDE if EMBEDDED else None))
if not FIELD_ENCRYPTION_KEYS:
    raise ImproperlyConfigured("FIELD_ENCRYPTION_KEYS holds commas, and no key.")

# A guest provider is any installed package with an entry point of this group, whose value is its Django app.
GUEST_PROVIDERS = sorted(point.value for point in entry_points(group="credentials_badges.providers"))
INSTALLED_APPS = [
    "credentials_badges.badges.apps.AuditedAdminConfig",  # Django's own, which writes down what people change.
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "credentials_badges.demo",  # Its runserver takes the place of that of staticfiles.
    "django.contrib.staticfiles",
    "rest_framework",
    "rest_framework.authtoken",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_celery_beat",
    "credentials_badges.operations",
    "credentials_badges.badges",
    "credentials_badges.endorsements",
    "credentials_badges.openbadges",
    "providers.credly",
    "providers.accredible",
    "providers.badgekit",
    "credentials_badges.eventbus",
    *APPS,
    *GUEST_PROVIDERS,
]
MIDDLEWARE = [
    "credentials_badges.operations.probes.Probes",  # Whoever probes knows neither the host's name nor the scheme.
    "credentials_badges.operations.request_log.RequestLog",
    # What is told to browsers is told with every answer, so they stand before whatever may answer.
    "csp.middleware.CSPMiddleware",
    "credentials_badges.headers.PermissionsPolicy",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "credentials_badges.large_requests.LargeRequests",  # Before anything reads a body.
    "django.contrib.sessions.middleware.SessionMiddleware",
    "credentials_badges.languages.Languages",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "credentials_badges.odd_requests.OddRequests",
    "credentials_badges.badges.passwords.TellTooMany",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        # Before Django's own, which ours extend under the same names.
        "DIRS": [Path(__file__).parent / "badges" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]
# A secret that is shown once must not travel in a cookie.
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
ROOT_URLCONF = "credentials_badges.urls"
WSGI_APPLICATION = "credentials_badges.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "badges.Learner"
# With accounts of other sites, too, where that is set.
_ways, _backends, _sign_in = sign_in()
SIGN_IN_WITH: dict[str, str] = _ways
vars().update(_sign_in)
AUTHENTICATION_BACKENDS = ["credentials_badges.badges.passwords.Passwords", *_backends]
# Wrong passwords of one name from one network in a quarter of an hour.
LOGIN_FAILURES = number("LOGIN_FAILURES", default=10, least=1)
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
vars().update(mail(text("EMAIL_URL"), BESIDE / "mail"))
EMAIL_TIMEOUT = 20
# Of mails to lists; what is asked for by one person leaves at once.
MAILS_PER_MINUTE = number("MAILS_PER_MINUTE", default=60, least=1)
# How many proxies of ours stand before the service, each of which adds to X-Forwarded-For whom it answers.
PROXIES = number("PROXIES", default=0, least=0)
DEFAULT_FROM_EMAIL = text("DEFAULT_FROM_EMAIL", default="badges@localhost")
LOGIN_URL = LOGOUT_REDIRECT_URL = "login"
LOGIN_REDIRECT_URL = "my_badges"
# Those into which all that people read is translated; the first: of mails, and where a browser asks for none of them.
LANGUAGES = [("en", "English"), ("es", "Español")]
LANGUAGE_CODE = env.choice("LANGUAGE_CODE", [code for code, _ in LANGUAGES])
LOCALE_PATHS = [Path(__file__).parent / "locale"]
TIME_ZONE = "UTC"
USE_TZ = True
STATIC_URL = "static/"
# Where collectstatic puts scripts and styles, compressed and under names that tell their contents; without it, each is
# looked for where it lies in its package, whenever somebody wants it.
STATIC_ROOT = text("STATIC_ROOT") or None
WHITENOISE_AUTOREFRESH = WHITENOISE_USE_FINDERS = STATIC_ROOT is None
WHITENOISE_ALLOW_ALL_ORIGINS = False
_static = "whitenoise.storage.CompressedManifestStaticFilesStorage"
# What learners show of their work: it is served by pages that ask who wants it, and never from a folder of the web's.
EVIDENCE_ROOT = text("EVIDENCE_ROOT", default=str(BESIDE / "evidence"))
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": _static if STATIC_ROOT else "django.contrib.staticfiles.storage.StaticFilesStorage",
    },
    "evidence": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {
            "location": EVIDENCE_ROOT,
            "base_url": None,
            "file_permissions_mode": 0o600,
            "directory_permissions_mode": 0o700,
        },
    },
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "rest_framework.authentication.TokenAuthentication",
        "credentials_badges.badges.authentication.PasswordAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAdminUser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Credentials badges",
    "DESCRIPTION": "Awards digital badges for Open edX events.",
    "VERSION": VERSION,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    # The schema holds no secret: everyone may read it, also somebody whose key is wrong.
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    "SERVE_INCLUDE_SCHEMA": False,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "providers.badgekit.api.schema.describe",
    ],
    # Nothing comes from another host, and no validator out there is told the schema's address.
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SWAGGER_UI_SETTINGS": {"deepLinking": True, "validatorUrl": None},
}

# How the service is watched (docs/running.md).
LOGGING = logs.config(text("LOG_FORMAT", default="text" if DEBUG else ""), text("LOG_LEVEL", default="INFO"))
METRICS_TOKEN = text("METRICS_TOKEN")
QUEUE_AGE_SECONDS = seconds("QUEUE_AGE_SECONDS", default=300.0)
SENTRY_DSN = text("SENTRY_DSN")
SENTRY_ENVIRONMENT = text("SENTRY_ENVIRONMENT", default="production")
OTEL_EXPORTER_OTLP_ENDPOINT = text("OTEL_EXPORTER_OTLP_ENDPOINT")

# Celery only rings the bell: what is to be done stands in the database (docs/architecture.md).
vars().update(env.broker(text("BROKER_URL", default="filesystem://"), BESIDE / "broker"))
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_TIMEOUT = 2  # Seconds for which somebody who rings a bell may be kept waiting.
CELERY_TASK_IGNORE_RESULT = True
CELERY_RESULT_EXPIRES = None  # Else beat would add a task that cleans up results, of which there are none.
CELERY_TASK_ACKS_LATE = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_TIME_LIMIT = 600
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULER = "credentials_badges.badges.schedule:Scheduler"
CELERY_TASK_ROUTES = {
    "badges.process_events": {"queue": "events"},
    "badges.sweep": {"queue": "events"},
    "badges.deliver": {"queue": "issue"},
    "badges.look_into_webhooks": {"queue": "webhooks"},
    "badges.send_messages": {"queue": "mail"},
    "badges.recompute": {"queue": "sync"},
    "badges.sync": {"queue": "sync"},
    "badges.poll_changes": {"queue": "sync"},
    "badges.pull_templates": {"queue": "sync"},
    "badges.reconcile": {"queue": "sync"},
    "badges.purge": {"queue": "sync"},
    "badges.watch_keys": {"queue": "sync"},
}
# What a worker listens to that is not told otherwise; without a key of its own, each would get the bells of all.
CELERY_TASK_QUEUES = [Queue(name, routing_key=name) for name in ("events", "issue", "webhooks", "mail", "sync")]
CELERY_TASK_DEFAULT_QUEUE = "sync"

# How a push to a provider is tried again (badges/conf.py explains each).
RETRY_BASE_SECONDS = seconds("RETRY_BASE_SECONDS", default=5.0)
# Longer than all calls of one try can take together, at 45 s each.
LEASE_SECONDS = seconds("LEASE_SECONDS", default=300.0)

# How long things are kept; 0: for ever. Credly repeats a webhook for 25 days, and must meet its first row.
KEEP_DAYS = number("KEEP_DAYS", default=30, least=26, most=36_500)
KEEP_EVENTS_DAYS = number("KEEP_EVENTS_DAYS", default=0, least=0, most=36_500)
KEEP_AUDIT_DAYS = number("KEEP_AUDIT_DAYS", default=0, least=0, most=36_500)

# With which the holder may make any call of the BadgeKit API; empty: nobody may.
BADGEKIT_MASTER_SECRET = text("BADGEKIT_MASTER_SECRET")

refuse_unsafe(
    _public,
    debug=DEBUG,
    hosts=ALLOWED_HOSTS,
    SECRET_KEY=SECRET_KEY,
    **{f"FIELD_ENCRYPTION_KEYS ({place})": key for place, key in enumerate(FIELD_ENCRYPTION_KEYS, 1)},
    BADGEKIT_MASTER_SECRET=BADGEKIT_MASTER_SECRET,
    METRICS_TOKEN=METRICS_TOKEN,
)
# Whatever travels to the public address is to be encrypted on the way; the subdomains of its host are not ours.
_https = _public.scheme == "https"
SECURE_SSL_REDIRECT = SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _https
SECURE_HSTS_SECONDS = number("HSTS_SECONDS", default=365 * 24 * 3600, least=0) if _https else 0
SILENCED_SYSTEM_CHECKS = [
    *("security.W005", "security.W021"),
    "models.W037",  # MariaDB makes indexes without their condition: its lists of what failed take longer.
]
CSRF_TRUSTED_ORIGINS = [f"{_public.scheme}://{_public.netloc}"]
CONTENT_SECURITY_POLICY = headers.policy(is_https=_https)
if PROXIES:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

# The Open edX event bus, under the names that Open edX has (docs/event-bus.md).
EVENT_BUS_CONSUMER = text("EVENT_BUS_CONSUMER", default="credentials_badges.eventbus.consuming.RedisConsumer")
EVENT_BUS_PRODUCER = text("EVENT_BUS_PRODUCER")
EVENT_BUS_TOPIC_PREFIX = text("EVENT_BUS_TOPIC_PREFIX")
EVENT_BUS_BADGE_TOPIC = text("EVENT_BUS_BADGE_TOPIC", default="learning-badges-lifecycle")
EVENT_BUS_REDIS_CONNECTION_URL = text("EVENT_BUS_REDIS_CONNECTION_URL") or None
EVENT_BUS_REDIS_STREAM_MAX_LEN = number("EVENT_BUS_REDIS_STREAM_MAX_LEN", default=10_000, least=1)
EVENTS_SERVICE_NAME = text("EVENTS_SERVICE_NAME", default="credentials-badges")
# The package for Kafka looks for these here, and takes an empty one for a value.
_registry = [f"SCHEMA_REGISTRY_{name}" for name in ("URL", "API_KEY", "API_SECRET")]
_kafka = {f"EVENT_BUS_KAFKA_{name}" for name in ("BOOTSTRAP_SERVERS", "API_KEY", "API_SECRET", *_registry)}
vars().update({name: text(name) for name in _kafka if text(name)})

# Where the providers are, in Open edX's form or by a name that the adapter knows; an account's own base URL wins.
_sandboxes = {slug: flag(f"{slug.upper()}_USE_SANDBOX", default=False) for slug in ("credly", "accredible")}
PROVIDER_BASE_URLS = {
    slug: text(f"{slug.upper()}_API_BASE_URL", default="sandbox" if sandbox else "")
    for slug, sandbox in _sandboxes.items()
}
# Their sites, on which people work at templates.
PROVIDER_SITE_URLS = {
    "credly": text(
        "CREDLY_BASE_URL",
        default="https://sandbox.credly.com/" if _sandboxes["credly"] else "https://www.credly.com/",
    ),
    "accredible": text(
        "ACCREDIBLE_BASE_URL",
        default=f"https://{'sandbox.' if _sandboxes['accredible'] else ''}dashboard.accredible.com/",
    ),
}


env.refuse_misspelt()
