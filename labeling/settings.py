"""What does the environment say? Every setting, in one file, loud when something is missing."""

import os
from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from csp.constants import SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from labeling import embedded
from labeling.logs import configure_logs

BASE_DIR = Path(__file__).resolve().parent.parent
ON_ONE_MACHINE = embedded.environment(instance="demo") if "DATABASE_URL" not in os.environ else {}
ENV = os.environ.get("ATTUNE_ENV") or ON_ONE_MACHINE.get("ATTUNE_ENV", "production")
if ENV not in {"production", "demo", "test"}:
    # Any other word would leave out what only production has: HTTPS, and cookies for it alone.
    raise ImproperlyConfigured(f"ATTUNE_ENV is production, demo or test, not “{ENV}”.")


def required(name):
    """The environment's value, or that of the services running on this machine; else a sentence."""
    value = os.environ.get(name) or ON_ONE_MACHINE.get(name)
    if not value:
        raise ImproperlyConfigured(
            f"{name} is not set. Set it in the environment, or start everything on this machine with ./run demo."
        )
    return value


def database(url):
    parts = urlsplit(url)
    if parts.scheme not in {"postgres", "postgresql"}:
        raise ImproperlyConfigured("DATABASE_URL must be a postgresql:// address; Attune runs on PostgreSQL only.")
    query = dict(parse_qsl(parts.query))
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.pop("host", parts.hostname or ""),
        "PORT": parts.port or "",
        "OPTIONS": query,  # sslmode and the like: libpq knows which there are, and refuses others
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
    }


def listed(text):
    return [word.strip() for word in text.split(",") if word.strip()]


DEBUG = False
SECRET_KEY = required("SECRET_KEY")
# Pseudonyms in datasets and hashes of prompt authors: two keys that outlive SECRET_KEY's rotation.
PSEUDONYM_KEY = required("PSEUDONYM_KEY")
OWNER_KEY = required("OWNER_KEY")
# The keys of models are encrypted with the first of these, and decrypted with any of them.
CREDENTIAL_KEYS = listed(required("CREDENTIAL_KEYS"))
DATABASES = {"default": database(required("DATABASE_URL"))}
REDIS_URL = required("REDIS_URL")
# Uploaded and frozen files: one directory that web and workers share.
MEDIA_ROOT = Path(os.environ.get("ATTUNE_DATA_DIR") or ON_ONE_MACHINE.get("ATTUNE_DATA_DIR") or BASE_DIR / ".data")
ALLOWED_HOSTS = listed(
    required("ALLOWED_HOSTS")
    if ENV == "production"
    else os.environ.get("ALLOWED_HOSTS", "127.0.0.1,localhost,testserver")
)
CSRF_TRUSTED_ORIGINS = listed(os.environ.get("CSRF_TRUSTED_ORIGINS", ""))

INSTALLED_APPS = [
    "labeling.people",
    "labeling.events",
    "labeling.prompts",
    "labeling.candidates",
    "labeling.guidelines",
    "labeling.work",
    "labeling.labels",
    "labeling.quality",
    "labeling.surveys",
    "labeling.screening",
    "labeling.datasets",
    "labeling.desk",
    "labeling.account",
    "labeling.demo",
    "labeling.api",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "rest_framework",
    "knox",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_htmx",
    "template_partials",
    "csp",
    "pgtrigger",
    "pghistory",
    "django_structlog",
    "labeling.apps.HouseAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "labeling.compression.CompressPages",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "labeling.people.middleware.own_time_zone",
    "labeling.people.middleware.own_language",
    "labeling.people.middleware.own_doing",
    "django_structlog.middlewares.RequestMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "labeling.people.second_factor.asked_first",
]

ROOT_URLCONF = "labeling.urls"
WSGI_APPLICATION = "labeling.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
# Django's own form templates carry style attributes nowhere; ours sit beside them.
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
INSTALLED_APPS += ["django.forms"]

# People
AUTH_USER_MODEL = "people.User"
AUTHENTICATION_BACKENDS = [
    "labeling.people.backends.WithRoles",
    "labeling.people.backends.WithRolesByAddress",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "labeling.people.adapter.DoorToThoseLetIn"
ACCOUNT_SIGNUP_FORM_CLASS = "labeling.people.signing_up.SignUp"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
# Nobody gets in before the address is theirs; so a sign-up never tells whether there is an account already, either.
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_LOGIN_ON_EMAIL_CONFIRMATION = True  # where the sign-up stopped: in the same browser
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_SESSION_REMEMBER = True
ALLAUTH_TRUSTED_PROXY_COUNT = int(os.environ.get("TRUSTED_PROXY_COUNT", "0"))
# Single sign-on by OpenID Connect, where an issuer is named. It says whose an address is; of addresses in
# OIDC_VERIFIED_DOMAINS we take it to have said so, since some (Entra ID) never do.
OIDC_ID = "sso"  # stands in addresses that the provider knows
OIDC_ISSUER = os.environ.get("OIDC_ISSUER", "").rstrip("/")
if OIDC_ISSUER and ENV == "production" and not OIDC_ISSUER.startswith("https://"):
    raise ImproperlyConfigured("OIDC_ISSUER must be an https:// address: what comes from it is believed.")
SOCIALACCOUNT_ADAPTER = "labeling.people.single_sign_on.TrustedWithAddresses"
SOCIALACCOUNT_EMAIL_AUTHENTICATION = SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT = True
SOCIALACCOUNT_PROVIDERS = {
    "openid_connect": {
        "OAUTH_PKCE_ENABLED": True,
        "APPS": [
            {
                "provider_id": OIDC_ID,
                "name": os.environ.get("OIDC_NAME") or urlsplit(OIDC_ISSUER).hostname,
                "client_id": required("OIDC_CLIENT_ID"),
                "secret": required("OIDC_CLIENT_SECRET"),
                "settings": {
                    "server_url": OIDC_ISSUER,
                    "verified_email": listed(os.environ.get("OIDC_VERIFIED_DOMAINS", "")),
                },
            }
        ]
        if OIDC_ISSUER
        else [],
    }
}
# A second factor is offered to everybody, and asked of staff where this says so.
REQUIRE_SECOND_FACTOR_FOR_STAFF = os.environ.get("REQUIRE_SECOND_FACTOR_FOR_STAFF") == "1"
MFA_ADAPTER = "labeling.people.second_factor.Sealed"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_TOLERANCE = 1  # half minutes by which a phone's clock may be wrong (RFC 6238, 5.2)
SESSION_ENGINE = "labeling.people.sessions"
SESSION_COOKIE_AGE = int(timedelta(days=30).total_seconds())
SESSION_COOKIE_HTTPONLY = True
DEFAULT_FROM_EMAIL = os.environ.get("DEFAULT_FROM_EMAIL", "attune@localhost")
EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
EMAIL_HOST = os.environ.get("EMAIL_HOST", "localhost")
EMAIL_PORT = int(os.environ.get("EMAIL_PORT", "25"))
EMAIL_HOST_USER = os.environ.get("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = os.environ.get("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_TLS = os.environ.get("EMAIL_USE_TLS") == "1"  # STARTTLS, mostly on port 587
EMAIL_USE_SSL = os.environ.get("EMAIL_USE_SSL") == "1"  # mostly on port 465
EMAIL_TIMEOUT = 10
# Where letters lead: https://… and no slash at the end.
SITE_URL = (
    required("SITE_URL") if ENV == "production" else os.environ.get("SITE_URL", "http://127.0.0.1:8000")
).rstrip("/")

# Security: the strict policy everywhere, the admin included
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": [SELF],
        "frame-ancestors": ["'none'"],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
if ENV == "production":
    SECURE_SSL_REDIRECT = os.environ.get("SECURE_SSL_REDIRECT", "1") == "1"
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = 365 * 24 * 3600
    SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = True
    SECURE_REDIRECT_EXEMPT = [r"^livez$", r"^readyz$"]
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True

# Models: hosts that may be private, as host:port; and the authority that vouches for their certificates
MODEL_HOSTS = listed(os.environ.get("MODEL_HOSTS", "").lower())
MODEL_CA_FILE = os.environ.get("MODEL_CA_FILE") or None
MODEL_ANSWER_MAX_BYTES = 4 * 2**20
# Receivers of webhooks that may be private or without TLS, as host:port
WEBHOOK_HOSTS = listed(os.environ.get("WEBHOOK_HOSTS", "").lower())

# Data
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 2**20
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2_000
IMPORT_MAX_LINE_BYTES = 10 * 2**20
# The share of owners that falls to each split when a file names none.
PROMPT_SPLITS = {"train": 0.8, "valid": 0.1, "test": 0.1}
# Whose the cap and the split are, "author" or "organization", where a file names both.
PROMPT_OWNER = os.environ.get("PROMPT_OWNER", "author")
if PROMPT_OWNER not in {"author", "organization"}:
    raise ImproperlyConfigured(f"PROMPT_OWNER is author or organization, not “{PROMPT_OWNER}”.")
# Of one owner so many prompts are used, and the others set aside (Ouyang et al. 2022).
PROMPTS_PER_OWNER = int(os.environ.get("PROMPTS_PER_OWNER", "200"))
# Two prompts are near-duplicates if they share at least so many first characters, and this much of the shorter one.
DUPLICATE_PREFIX = int(os.environ.get("DUPLICATE_PREFIX", "200"))
DUPLICATE_SHARE = float(os.environ.get("DUPLICATE_SHARE", "0.8"))
CACHES = {
    "default": {
        "BACKEND": "labeling.cache.Forgetful",
        "LOCATION": REDIS_URL,
        "OPTIONS": {"socket_connect_timeout": 1, "socket_timeout": 1},  # seconds
    }
}

# Celery: a message only says "look now"; the rows in the database say what there is to do
CELERY_BROKER_URL = REDIS_URL
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_TIME_LIMIT = 2 * 3600
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 3 * 3600}
SWEEP_SECONDS = int(os.environ.get("SWEEP_SECONDS", "15"))
# Long jobs wait in the queue "celery". Asking models, sweeping and webhooks have queues of their own: none waits
# behind an import, and no sweep behind slow receivers: the process "models" of the Procfile takes from these in turn.
CELERY_TASK_ROUTES = {
    "labeling.candidates.tasks.ask_models": {"queue": "models"},
    "labeling.events.tasks.deliver": {"queue": "sweeps"},
    "labeling.events.tasks.deliver_waiting": {"queue": "sweeps"},
    "labeling.events.tasks.post": {"queue": "webhooks"},
}
CELERY_BEAT_SCHEDULE = {
    # A message that its successor has overtaken is dropped, so that none pile up while no worker is there.
    name: {"task": task, "schedule": seconds, "options": {"expires": seconds, "queue": "sweeps"}}
    for name, task, seconds in [
        ("expire leases", "labeling.work.tasks.expire_leases", SWEEP_SECONDS),
        ("resume imports", "labeling.candidates.tasks.resume_imports", SWEEP_SECONDS),
        ("resume generation", "labeling.candidates.tasks.resume_generation", SWEEP_SECONDS),
        ("resume freezing", "labeling.datasets.tasks.resume_freezing", SWEEP_SECONDS),
        ("send letters", "labeling.events.tasks.deliver_waiting", SWEEP_SECONDS),
        ("post webhooks", "labeling.events.tasks.post_due", SWEEP_SECONDS),
        ("forget webhooks", "labeling.events.tasks.forget_messages", 3600),
        ("forget kept answers", "labeling.api.tasks.forget_kept_answers", 3600),
    ]
}

# Languages and time: UTC is stored, people see their own zone
LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("ko", _("Korean"))]
LOCALE_PATHS = [BASE_DIR / "labeling" / "locale"]
FORMAT_MODULE_PATH = "labeling.locale"
TIME_ZONE = "UTC"
USE_TZ = True

# Static files
STATIC_URL = "static/"
STATIC_ROOT = Path(os.environ.get("STATIC_ROOT", BASE_DIR / "staticfiles"))
STATICFILES_DIRS = [BASE_DIR / "static"]
if os.environ.get("DATASETS_S3_BUCKET") and find_spec("storages") is None:
    raise ImproperlyConfigured("DATASETS_S3_BUCKET is set, and Attune was installed without its extra “s3”.")
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    # Frozen datasets: below ATTUNE_DATA_DIR, or in a bucket; boto3 reads AWS_ACCESS_KEY_ID and the like by itself.
    "datasets": {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "bucket_name": os.environ["DATASETS_S3_BUCKET"],
            "endpoint_url": os.environ.get("DATASETS_S3_URL") or None,
            "region_name": os.environ.get("DATASETS_S3_REGION") or None,
            "default_acl": None,
        },
    }
    if os.environ.get("DATASETS_S3_BUCKET")
    else {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if ENV == "test"
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = ENV == "test"

# REST: calls a minute of one account, and refusals a minute to an address that nobody is known by; 0 for no limit
API_RATE = int(os.environ.get("API_RATE", "12000"))
API_ANONYMOUS_RATE = int(os.environ.get("API_ANONYMOUS_RATE", "60"))
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "labeling.api.tokens.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["labeling.api.permissions.NoOne"],
    "DEFAULT_THROTTLE_CLASSES": ["labeling.api.limits.OfAnAccount", "labeling.api.queries.OnlyKnown"],
    "NUM_PROXIES": ALLAUTH_TRUSTED_PROXY_COUNT,
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["labeling.api.parsers.JSON"],
    "DEFAULT_PAGINATION_CLASS": "labeling.api.pagination.Newest",
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_SCHEMA_CLASS": "labeling.api.schema.Schema",
    "EXCEPTION_HANDLER": "labeling.api.problems.answer",
    "PAGE_SIZE": 100,
}
REST_KNOX = {
    "TOKEN_MODEL": "api.Token",
    "AUTH_HEADER_PREFIX": "Token",
    "TOKEN_TTL": timedelta(days=90),
}
KNOX_TOKEN_MODEL = "api.Token"  # noqa: S105  a model's name
# Our Token takes the place of knox's own table, so that one is never made.
MIGRATION_MODULES = {"knox": None}
SPECTACULAR_SETTINGS = {
    "TITLE": "Attune",
    "DESCRIPTION": "The labeling platform, as JSON.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",  # whose schemas are JSON Schema
    "SERVE_INCLUDE_SCHEMA": False,
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {
        "JobState": "labeling.prompts.models.JobState",
        "ProjectState": "labeling.work.models.ProjectState",
        "AssignmentState": "labeling.work.models.AssignmentState",
        "DatasetState": "labeling.datasets.models.DatasetState",
        "DeliveryState": "labeling.events.models.DeliveryState",
        "Kind": "labeling.work.models.Kind",
        "DatasetKind": "labeling.datasets.models.DatasetKind",
        "Cohort": "labeling.people.models.Cohort",
        "Audience": "labeling.work.models.Audience",
        "ModelRole": "labeling.candidates.models.EndpointRole",
        "ModelProtocol": "labeling.candidates.models.Protocol",
        "PromptType": "labeling.prompts.models.WRITTEN_CHOICES",
    },
    "SCHEMA_PATH_PREFIX": r"/api/v1",
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
}

DJANGO_STRUCTLOG_CELERY_ENABLED = True
LOGGING = configure_logs(json=ENV == "production", level=os.environ.get("LOG_LEVEL", "INFO"))
