"""All settings, one file. The environment decides; docs/settings.md explains each."""

import os
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from config import env

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = env.directory("DATA_DIR", BASE_DIR / "data")

# The three addresses that choose the parts
DATABASES = {"default": env.database("DATABASE_URL", DATA_DIR / "control.sqlite3")}
EVENTS_URL = env.text("EVENTS_URL", "embedded")
if EVENTS_URL != "embedded":
    env.url("EVENTS_URL", "", ("clickhouse", "clickhouses"), example="embedded or clickhouse://user:password@host")
BROKER_URL = env.text("BROKER_URL", "folder").removesuffix("filesystem://") or "folder"
if BROKER_URL != "folder":
    example = "folder, redis://host:6379/0 or amqp://user:password@host"
    env.url("BROKER_URL", "", ("redis", "rediss", "amqp", "amqps"), example=example)

# What is served, where, by how many
PORT = env.number("PORT", 8000, low=1, high=65535)
GATEWAY_PORT = env.number("GATEWAY_PORT", 8100, low=1, high=65535)
STORE_PORT = env.number("STORE_PORT", 0, low=0, high=65535)
HOST = env.text("HOST", "127.0.0.1")
WEB_WORKERS = env.number("WEB_WORKERS", 2, low=1, high=64)
SITE_URL = env.site("SITE_URL", f"http://{'localhost' if HOST in {'127.0.0.1', '0.0.0.0', '::'} else HOST}:{PORT}")  # noqa: S104
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", "*")
TRUST_PROXY = env.flag("TRUST_PROXY", default=False)
HTTPS = SITE_URL.startswith("https://")
if PORT == GATEWAY_PORT:
    raise ImproperlyConfigured(f"GATEWAY_PORT={GATEWAY_PORT} is the same as PORT: use two different ports.")

# What the first start makes
DEMO = env.flag("DEMO", default=True)
ADMIN_PASSWORD = env.secret("ADMIN_PASSWORD", shortest=1)
DEMO_KEY = env.secret("DEMO_KEY", shortest=20)

SECRET_KEY = env.kept_secret("SECRET_KEY", DATA_DIR / "secret_key")
DEBUG = env.flag("DEBUG", default=False)
LOG_LEVEL = env.choice("LOG_LEVEL", "INFO", ("DEBUG", "INFO", "WARNING", "ERROR"))

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "config",
    "projects",
    "pricing",
    "store",
    "ingest",
    "analytics",
    "api",
    "dashboard",
]

MIDDLEWARE = [
    "config.security.ContentSecurityPolicy",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "config.errors.ProblemsForMachines",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "config.security.SignInFromFragments",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
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
                "dashboard.frame.frame",
            ]
        },
    }
]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
TIME_ZONE = "UTC"

# People
LOGIN_URL = "/login/"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/login/"
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

# Browsers. Names of their own: a cookie is shared by every port of a host.
SESSION_COOKIE_NAME = "polymeter_session"
CSRF_COOKIE_NAME = "polymeter_csrf"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
CSRF_COOKIE_HTTPONLY = False
CSRF_TRUSTED_ORIGINS = [SITE_URL]
CSRF_FAILURE_VIEW = "config.errors.csrf_failure"
SECURE_HSTS_SECONDS = 30 * 24 * 3600 if HTTPS else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUST_PROXY else None
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 12 * 1024 * 1024  # ingest has limits of its own below this

# Files of the pages: hashed names once they were collected; as they are in tests and while developing.
STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_HASHED = not DEBUG and "PYTEST_VERSION" not in os.environ and (STATIC_ROOT / "staticfiles.json").is_file()
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if STATIC_HASHED
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = not STATIC_HASHED
WHITENOISE_MAX_AGE = 3600 if STATIC_HASHED else 0

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["projects.auth.KeyAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["projects.auth.HasScope"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "projects.auth.as_problem",
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Polymeter API",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "DESCRIPTION": "Calls in, figures out. Authenticate with `Authorization: Bearer KEY`.",
    "SERVE_INCLUDE_SCHEMA": False,
    "POSTPROCESSING_HOOKS": ["drf_spectacular.hooks.postprocess_schema_enums", "api.described.add_ingest"],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "SERVE_AUTHENTICATION": [],
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "config.logs.Line"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": LOG_LEVEL},
    "loggers": {
        "django": {"handlers": [], "level": LOG_LEVEL if LOG_LEVEL != "DEBUG" else "INFO", "propagate": True},
        "django.request": {"level": "ERROR"},  # a refused request is the caller's news, and is counted
        "django.server": {"handlers": [], "propagate": True},
        "urllib3.connectionpool": {"level": "ERROR"},  # a store that restarts is told once, by store.client
    },
}
