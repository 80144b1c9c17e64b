"""Django's settings, all from the environment; `docs/settings.md` explains each name."""

import tomllib
from importlib.metadata import entry_points, version
from pathlib import Path
from urllib.parse import quote

from credentials_badges.env import database, env, mail, number, secret

BASE_DIR = Path(__file__).resolve().parent.parent
VAR = BASE_DIR / "var"
VAR.mkdir(exist_ok=True)

DEBUG = env.bool("DEBUG", default=False)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])

DATABASES = {"default": database(env.str("DATABASE_URL", default=f"sqlite:///{quote(str(VAR / 'badges.sqlite3'))}"))}
EMBEDDED = DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3"
# What belongs to an SQLite database lies beside it: its secrets, and the embedded broker's messages.
BESIDE = Path(str(DATABASES["default"]["NAME"])).resolve().parent if EMBEDDED else VAR
SECRET_KEY = secret("SECRET_KEY", kept_in=BESIDE if EMBEDDED else None)
FIELD_ENCRYPTION_KEYS = secret("FIELD_ENCRYPTION_KEYS", kept_in=BESIDE if EMBEDDED else None).split(",")

# A guest provider is any installed package with an entry point of this group, whose value is its Django app.
GUEST_PROVIDERS = sorted(point.value for point in entry_points(group="credentials_badges.providers"))
INSTALLED_APPS = [
    "django.contrib.admin",
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
    "credentials_badges.badges",
    "providers.credly",
    "providers.accredible",
    "providers.badgekit",
    *GUEST_PROVIDERS,
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "credentials_badges.large_requests.LargeRequests",  # Before anything reads a body.
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "credentials_badges.odd_requests.OddRequests",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
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
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
# Where this service is reached from outside: told to people who have to enter an address of ours elsewhere.
PUBLIC_BASE_URL = env.str("PUBLIC_BASE_URL", default="http://127.0.0.1:8000")
vars().update(mail(env.str("EMAIL_URL", default=""), BESIDE / "mail"))
EMAIL_TIMEOUT = 20
# Of mails to lists; what is asked for by one person leaves at once.
MAILS_PER_MINUTE = number("MAILS_PER_MINUTE", default=60, least=1)
# How many proxies of ours stand before the service, each of which adds to X-Forwarded-For whom it answers.
PROXIES = number("PROXIES", default=0, least=0)
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="badges@localhost")
LOGIN_URL = LOGOUT_REDIRECT_URL = "login"
LOGIN_REDIRECT_URL = "my_badges"
LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
STATIC_URL = "static/"
# What learners show of their work: it is served by pages that ask who wants it, and never from a folder of the web's.
EVIDENCE_ROOT = env.str("EVIDENCE_ROOT", default="") or str(BESIDE / "evidence")
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
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
# A checkout is not installed, and has its version where a package is made from.
_project = BASE_DIR / "pyproject.toml"
SPECTACULAR_SETTINGS = {
    "TITLE": "Credentials badges",
    "DESCRIPTION": "Awards digital badges for Open edX events.",
    "VERSION": tomllib.loads(_project.read_text(encoding="utf-8"))["project"]["version"]
    if _project.exists()
    else version("credentials-badges"),
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

# Celery only rings the bell: what is to be done stands in the database (docs/architecture.md).
_broker = BESIDE / "broker"
CELERY_BROKER_URL = env.str("BROKER_URL", default="") or "filesystem://"
if CELERY_BROKER_URL == "filesystem://":
    _broker.mkdir(exist_ok=True)
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": str(_broker),
        "data_folder_out": str(_broker),
        "control_folder": str(_broker / "control"),
        # The default of one second was measured to make 300 small tasks take 31 s instead of 4.
        "polling_interval": 0.1,
    }
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_TIME_LIMIT = 600
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"
CELERY_BEAT_SCHEDULE = {
    # Also what wakes promises and messages that were postponed; a few statements when there is nothing to do.
    "badges: sweep": {"task": "badges.sweep", "schedule": 10.0, "options": {"expires": 10.0}},
    "badges: poll changes": {"task": "badges.poll_changes", "schedule": 15 * 60.0},
    "badges: pull templates": {"task": "badges.pull_templates", "schedule": 3600.0},
    "badges: reconcile": {"task": "badges.reconcile", "schedule": 24 * 3600.0},
    "badges: purge": {"task": "badges.purge", "schedule": 24 * 3600.0},
    "badges: watch keys": {"task": "badges.watch_keys", "schedule": 24 * 3600.0},
}
CELERY_TASK_ROUTES = {
    "badges.process_events": {"queue": "events"},
    "badges.deliver": {"queue": "issue"},
    "badges.recompute": {"queue": "sync"},
    "badges.sweep": {"queue": "issue"},
    "badges.poll_changes": {"queue": "sync"},
    "badges.pull_templates": {"queue": "sync"},
    "badges.reconcile": {"queue": "sync"},
    "badges.purge": {"queue": "sync"},
    "badges.watch_keys": {"queue": "sync"},
}

# How a push to a provider is tried again (badges/conf.py explains each).
RETRY_BASE_SECONDS = env.float("RETRY_BASE_SECONDS", default=5.0)
# Longer than all calls of one try can take together, at 45 s each.
LEASE_SECONDS = env.float("LEASE_SECONDS", default=300.0)

# With which the holder may make any call of the BadgeKit API; empty: nobody may.
BADGEKIT_MASTER_SECRET = env.str("BADGEKIT_MASTER_SECRET", default="")

# Where the providers are, in Open edX's form or by a name that the adapter knows; an account's own base URL wins.
PROVIDER_BASE_URLS = {
    "credly": env.str("CREDLY_API_BASE_URL", default="")
    or ("sandbox" if env.bool("CREDLY_USE_SANDBOX", default=False) else ""),
    "accredible": env.str("ACCREDIBLE_API_BASE_URL", default="")
    or ("sandbox" if env.bool("ACCREDIBLE_USE_SANDBOX", default=False) else ""),
}
