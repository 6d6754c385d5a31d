"""Django's settings. What an operator may change is an environment variable, listed in docs/reference/settings.md."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.utils.csp import CSP
from psycopg.conninfo import conninfo_to_dict

from comity.platform.home import Home
from comity.platform.postgres import connection_urls

HOME = Home.from_environment()
SOURCE = Path(__file__).resolve().parents[1]
DEBUG = os.environ.get("COMITY_DEBUG") == "1"
TESTING = "pytest" in sys.modules
SECRET_KEY = HOME.secret_key()
BASE_URL = os.environ.get("COMITY_BASE_URL", "http://127.0.0.1:8000")
BEHIND_TLS = BASE_URL.startswith("https://")
ALLOWED_HOSTS = [urlsplit(BASE_URL).hostname or "127.0.0.1", "127.0.0.1", "localhost", "[::1]"]
CSRF_TRUSTED_ORIGINS = [BASE_URL]

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.contrib.postgres",
    "pgtrigger",
    "pghistory",
    "procrastinate.contrib.django",
    "django_htmx",
    "django_cotton.apps.SimpleAppConfig",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "comity.platform",
    "comity.identity",
    "comity.notices",
    "comity.ledger",
    "comity.matching",
    "comity.programs",
    "comity.timeline",
    "comity.deals",
    "comity.leads",
    "comity.cosell",
    "comity.attribution",
    "comity.insights",
    "comity.worklist",
    "comity.connectors",
    "comity.web",
    "comity.api",
    "comity.project.apps.ProjectConfig",
]

MIDDLEWARE = [
    "comity.platform.middleware.RequestIdentity",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    # Pages are mostly the same few components. Against guessing by size (BREACH) Django masks the form token anew for
    # each answer and pads what it compresses.
    "django.middleware.gzip.GZipMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "comity.web.middleware.Language",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "comity.web.middleware.LastSeen",
    "django_htmx.middleware.HtmxMiddleware",
    "comity.web.middleware.Tenancy",
]

ROOT_URLCONF = "comity.project.urls"
ASGI_APPLICATION = "comity.project.asgi.application"
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
AUTH_USER_MODEL = "identity.Person"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [SOURCE / "web" / "templates"],
        "APP_DIRS": False,
        "OPTIONS": {
            "loaders": [
                (
                    "django.template.loaders.cached.Loader",
                    [
                        "django_cotton.cotton_loader.Loader",
                        "django.template.loaders.filesystem.Loader",
                        "django.template.loaders.app_directories.Loader",
                    ],
                )
            ],
            "builtins": ["django_cotton.templatetags.cotton"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "comity.web.context.shell",
            ],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.DjangoTemplates"

# --- database: two roles, three connections ------------------------------------------------------------------------


def _database(url: str, **more: Any) -> dict[str, Any]:
    """A Django database entry of a PostgreSQL URL."""
    parts = conninfo_to_dict(url)
    known = {key: str(parts.pop(key, "") or "") for key in ("dbname", "user", "password", "host", "port")}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": known["dbname"],
        "USER": known["user"],
        "PASSWORD": known["password"],
        "HOST": known["host"],
        "PORT": known["port"],
        "OPTIONS": {**{str(key): value for key, value in parts.items()}, **more.pop("OPTIONS", {})},
        **more,
    }


_urls = connection_urls(HOME)
_pool: dict[str, Any] = {"min_size": 2, "max_size": int(os.environ.get("COMITY_CONNECTIONS", "12")), "timeout": 10}
DATABASES = {
    # comity_app: everything a request or a job does.
    "default": _database(_urls.app, OPTIONS={"pool": _pool} if os.environ.get("COMITY_POOL") == "1" else {}),
    # comity_app on a connection of its own: what must survive the rollback of a refused request.
    "outside": _database(_urls.app, TEST={"MIRROR": "default"}),
    # comity_owner: migrates, dumps and restores. Not needed to serve.
    "owner": _database(_urls.owner or _urls.app),
}
DATABASE_ROUTERS = ["comity.platform.routing.OutsideRouter"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
CACHES = {
    # Django throws counters away at random beyond 300 entries, which would let a flood reset the lock-outs.
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "comity_cache",
        "OPTIONS": {"MAX_ENTRIES": 100_000, "CULL_FREQUENCY": 10},
    },
}
PROCRASTINATE_IMPORT_PATHS = [
    "comity.platform.outbox",
    "comity.platform.jobs",
    "comity.platform.files",
    "comity.project.tasks",
]
PROCRASTINATE_AUTODISCOVER_MODULE_NAME = "tasks"

# --- sign-in -------------------------------------------------------------------------------------------------------
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
ACCOUNT_ADAPTER = "comity.web.accounts.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
# An invitation proves its address; any other must be proved before it can be signed in with, or somebody could take
# the address of a person who is yet to come.
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_PREVENT_ENUMERATION = "strict"
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
# By letter: a code for the window in which it was asked for. The second step, where there is one, comes after it.
ACCOUNT_LOGIN_BY_CODE_ENABLED = ACCOUNT_LOGIN_BY_CODE_SUPPORTS_RESEND = True
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = 600
ACCOUNT_FORMS = {
    "request_login_code": "comity.web.sign_in_code.RequestCodeForm",
    "confirm_login_code": "comity.web.sign_in_code.ConfirmCodeForm",
}
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True
# Five wrong passwords for one address from one place, or thirty from one place, and it is closed for a while.
# Prospects send the form of a referral link from one place ten times an hour.
ACCOUNT_RATE_LIMITS = {
    "login_failed": "5/5m/key,30/5m/ip",
    "login": "60/m/ip",
    "reset_password": "20/m/ip,5/m/key",
    "request_login_code": "20/m/ip,3/m/key",
    "refer": "10/h/ip",
}
# How many proxies of ours stand before the server: without this number a forged header, or one address for everybody.
ALLAUTH_TRUSTED_PROXY_COUNT = int(os.environ.get("COMITY_TRUSTED_PROXIES", "1" if BEHIND_TLS else "0"))
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not BEHIND_TLS
MFA_TOTP_ISSUER = "Comity"
USERSESSIONS_TRACK_ACTIVITY = True

# --- safety in the browser -----------------------------------------------------------------------------------------
SECURE_CSP = {
    "default-src": [CSP.NONE],
    "script-src": [CSP.SELF],
    "style-src": [CSP.SELF],
    "img-src": [CSP.SELF, "data:"],
    "font-src": [CSP.SELF],
    "connect-src": [CSP.SELF],
    "manifest-src": [CSP.SELF],
    "form-action": [CSP.SELF],
    "base-uri": [CSP.NONE],
    "frame-ancestors": [CSP.NONE],
}
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = BEHIND_TLS
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "comity.web.signed_in.form_too_old"
SESSION_COOKIE_AGE = 14 * 24 * 3600
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
# Headers of a stricter browser: no other window holds ours, and nothing else embeds what we serve.
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
if BEHIND_TLS:
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-session", "__Host-csrf"  # never set by, or for, a sub-domain
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = 365 * 24 * 3600
    SECURE_HSTS_INCLUDE_SUBDOMAINS = os.environ.get("COMITY_HSTS_SUBDOMAINS") == "1"
    SECURE_SSL_REDIRECT = True
    SECURE_REDIRECT_EXEMPT = [r"^(healthz|readyz|metrics)$"]

# --- assets, files, mail -------------------------------------------------------------------------------------------
STATIC_URL = "/assets/"
STATIC_ROOT = None
STATICFILES_DIRS = [SOURCE / "web" / "assets" / "built"]
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",  # scripts of the sign-in pages
]
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG
MEDIA_ROOT = HOME.files
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.TemporaryFileUploadHandler"]
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
MAX_UPLOAD_BYTES = int(os.environ.get("COMITY_MAX_UPLOAD_MB", "2048")) * 1024 * 1024

METRICS_TOKEN = os.environ.get("COMITY_METRICS_TOKEN", "")

MAILBOX_HOSTS = frozenset(os.environ.get("COMITY_MAILBOX_HOSTS", "").lower().replace(",", " ").split())

DEFAULT_FROM_EMAIL = os.environ.get("COMITY_MAIL_FROM", "Comity <comity@localhost>")
MAILERS: dict[str, dict[str, Any]] = {
    # Without an SMTP server letters are kept in the home, where the operator can read them.
    "default": {"BACKEND": "comity.platform.mail.HomeMailbox"}
}
if os.environ.get("COMITY_SMTP_HOST"):
    MAILERS["default"] = {
        "BACKEND": "comity.platform.smtp.SigningSmtp",
        "OPTIONS": {
            "host": os.environ["COMITY_SMTP_HOST"],
            "port": int(os.environ.get("COMITY_SMTP_PORT", "25")),
            "username": os.environ.get("COMITY_SMTP_USER", ""),
            "password": os.environ.get("COMITY_SMTP_PASSWORD", ""),
            "use_tls": os.environ.get("COMITY_SMTP_TLS") == "1",
            "timeout": 20,
            "dkim_key_file": os.environ.get("COMITY_DKIM_KEY_FILE", ""),
            "dkim_selector": os.environ.get("COMITY_DKIM_SELECTOR", "comity"),
            "dkim_domain": os.environ.get("COMITY_DKIM_DOMAIN") or DEFAULT_FROM_EMAIL.rpartition("@")[2].rstrip("> "),
        },
    }

# --- language and time ---------------------------------------------------------------------------------------------
# Until somebody is known the browser says the language; then the person's own (`web.middleware.Language`).
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("de", "Deutsch")]
LOCALE_PATHS = [SOURCE / "locale"]
FORMAT_MODULE_PATH = ["comity.web.formats"]
USE_I18N = USE_TZ = True
TIME_ZONE = "UTC"

LOGGING_CONFIG = "comity.platform.logs.configure"
LOGGING: dict[str, Any] = {"level": os.environ.get("COMITY_LOG_LEVEL", "INFO")}
SILENCED_SYSTEM_CHECKS = [
    "auth.W004",  # e-mail addresses are unique without regard to case: a constraint on Lower("email")
]
