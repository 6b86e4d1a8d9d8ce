"""Settings of the reference project. What differs between hosts comes from the environment.

Without REDIS_URL the project is *embedded*: web, worker and provider in one process, SQLite unless
DATABASE_URL says otherwise. With REDIS_URL it is made for any number of web and worker processes.
"""

from pathlib import Path
from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialBackoff

from checkout.adapters.outbound.scheduling.serializer import SignedJsonSerializer
from project.environment import data_directory, database_options, derive, kept_secret, origin
from project.logs import to_stderr
from project.mailing import mail_options
from project.shop.themes import THEMES

env = environ.Env()
BASE_DIR = Path(__file__).resolve().parent.parent

# ------------------------------------------------------------------ where we are
PORT: int = env.int("PORT", default=8000)
REDIS_URL: str = env.str("REDIS_URL", default="")
EMBEDDED = not REDIS_URL
DEBUG: bool = env.bool("DEBUG", default=False)
HTTPS: bool = env.bool("HTTPS", default=False)  # behind a proxy that ends TLS
# How long a web process that was told to end is still served to, with its health red. A proxy needs
# at least the time in which it notices.
DRAIN_NOTICE_SECONDS: float = env.float("DRAIN_NOTICE_SECONDS", default=0)

_database: dict[str, Any] = env.db_url(
    "DATABASE_URL", default=f"sqlite:///{Path.cwd() / 'db.sqlite3'}"
)
_database["OPTIONS"] = {
    **_database.get("OPTIONS", {}),
    **database_options(_database, timeout_ms=env.int("DATABASE_TIMEOUT_MS", default=2000)),
}
DATABASES = {"default": {**_database, "CONN_MAX_AGE": 0, "ATOMIC_REQUESTS": False}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATA_DIR = Path(env.str("DATA_DIR", default=str(data_directory(_database))))

SECRET_KEY: str = env.str("SECRET_KEY", default="")
if not SECRET_KEY and not EMBEDDED:
    raise ImproperlyConfigured(
        "SECRET_KEY is not set. With REDIS_URL there are several processes, and all of them need"
        " the same one: set it in the environment of each."
    )
SECRET_KEY = SECRET_KEY or kept_secret(DATA_DIR / ".secret_key")

ALLOWED_HOSTS: list[str] = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]"])
CSRF_TRUSTED_ORIGINS: list[str] = env.list("CSRF_TRUSTED_ORIGINS", default=[])

# ------------------------------------------------------------------ what we are made of
INSTALLED_APPS = [
    "daphne",  # before staticfiles: its runserver speaks ASGI
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "rest_framework",
    "drf_spectacular",
    "channels",
    "huey.contrib.djhuey",
    "checkout",
    "project.shop",
    "project.provider",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "project.security.content_security_policy",
    "project.compression.CompressStaticFiles",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "project.english.english_only",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]
ROOT_URLCONF = "project.urls"
ASGI_APPLICATION = "project.asgi.application"
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
                "project.shop.context.site",
                "checkout.adapters.inbound.web.context.checkouts",
            ],
        },
    },
]

# ------------------------------------------------------------------ language and time
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("de", "Deutsch"), ("ar", "العربية")]
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_SECURE = HTTPS
LANGUAGE_COOKIE_AGE = 31_536_000  # a year: who has chosen is not asked again
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True

# ------------------------------------------------------------------ static files
# Embedded: served from where they lie, nothing to collect. An image sets STATIC_ROOT, collects
# once, and serves hashed names that browsers may keep for ever.
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT: str | None = env.str("STATIC_ROOT", default="") or None
WHITENOISE_USE_FINDERS = STATIC_ROOT is None
WHITENOISE_AUTOREFRESH = DEBUG
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if STATIC_ROOT
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}

# ------------------------------------------------------------------ who may do what
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("MinimumLengthValidator", "CommonPasswordValidator", "NumericPasswordValidator")
]
LOGIN_URL = "/admin/login/"
SESSION_COOKIE_AGE = 180 * 86_400  # a guest's receipt can be bookmarked; staff: shop/sessions.py
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_NAME = "__Host-sessionid" if HTTPS else "sessionid"
CSRF_COOKIE_NAME = "__Host-csrftoken" if HTTPS else "csrftoken"
SECURE_SSL_REDIRECT = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_REDIRECT_EXEMPT = [r"^healthz/"]
X_FRAME_OPTIONS = "DENY"

# ------------------------------------------------------------------ queue and channels: hints only
HUEY: dict[str, Any] = {
    "name": "checkout",
    "immediate": False,  # unset, Huey would run tasks inside the request under DEBUG
    "results": False,
    "serializer": SignedJsonSerializer(SECRET_KEY),
    "consumer": {
        "workers": 4,
        "worker_type": "thread",
        "periodic": False,
        "graceful_signal": "TERM",
        "shutdown_timeout": 10,
    },
}
if EMBEDDED:
    HUEY["huey_class"] = "checkout.adapters.outbound.scheduling.huey_storage.EmbeddedHuey"
    HUEY["filename"] = str(DATA_DIR / "huey.sqlite3")
    HUEY["consumer"] |= {"initial_delay": 0.02, "max_delay": 0.25}
    CHANNEL_LAYERS: dict[str, Any] = {
        "default": {
            "BACKEND": "checkout.adapters.outbound.messaging.memory_layer"
            ".LoopBoundInMemoryChannelLayer",
        }
    }
else:
    HUEY["huey_class"] = "checkout.adapters.outbound.scheduling.huey_storage.BellHuey"
    HUEY["connection"] = {"url": REDIS_URL}
    HUEY["consumer"] |= {"max_delay": 1}  # seconds between two tries at a Redis that is away
    CHANNEL_LAYERS = {
        "default": {
            "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
            "CONFIG": {
                "hosts": [
                    {
                        "address": REDIS_URL,
                        "socket_timeout": 15,
                        "socket_connect_timeout": 3,
                        "health_check_interval": 15,
                        "retry": Retry(ExponentialBackoff(cap=1, base=0.05), 3),
                    }
                ]
            },
        }
    }

# ------------------------------------------------------------------ REST
REST_FRAMEWORK = {
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_AUTHENTICATION_CLASSES": [],  # each view names who may call it
    "DEFAULT_PERMISSION_CLASSES": [],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "checkout.adapters.inbound.rest.problems.exception_handler",
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Checkout",
    "DESCRIPTION": "Takes a cart from Place order to a placed order or a clean refusal.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
}

# ------------------------------------------------------------------ mails
globals().update(mail_options(env, EMBEDDED, PORT, DATA_DIR))

# ------------------------------------------------------------------ the face of the shop
SHOP_THEME: str = env.str("SHOP_THEME", default="harbour")
if SHOP_THEME not in THEMES:
    raise ImproperlyConfigured(
        f"SHOP_THEME is {SHOP_THEME!r}, and there is no such theme. Choose one of"
        f" {', '.join(sorted(THEMES))}."
    )

# ISO 4217. Prices are stored in its minor units: 1850 is 18.50 EUR, 1850 JPY or 1.850 KWD.
SHOP_CURRENCY: str = env.str("SHOP_CURRENCY", default="EUR")

# ------------------------------------------------------------------ the checkout and its neighbours
CHECKOUT: dict[str, Any] = {
    "PORTS": {
        "carts": "project.shop.adapters.carts.ShopCarts",
        "coupons": "project.shop.adapters.coupons.ShopCoupons",
        "inventory": "project.shop.adapters.inventory.ShopInventory",
        "orders": "project.shop.adapters.orders.ShopOrders",
        "payments": "project.shop.adapters.payments.SimulatedPayments",
    },
    "PROVE_CART": "project.shop.carts.prove_cart",
    "EVENT_CONSUMERS": ["project.shop.mail.hearing.hear"],
    "MAILS_LINKS": True,
    # On which events the shop mails the shopper: what staff is told before a command.
    "MAILED_EVENTS": [
        "checkout_completed",
        "checkout_aborted",
        "payment_refunded",
        "payment_in_doubt",
    ],
    "STYLESHEETS": list(THEMES[SHOP_THEME].stylesheets),
    # Whose X-Forwarded-For is believed; nobody's unless they are named.
    "TRUSTED_PROXIES": env.list("TRUSTED_PROXIES", default=[]),
    "PAYMENT_WINDOW": env.int("CHECKOUT_PAYMENT_WINDOW", default=900),  # seconds
    "AUDITS": {
        "orders": "project.shop.audits.orders",
        "carts": "project.shop.audits.carts",
        "reservations": "project.shop.audits.reservations",
        "coupons": "project.shop.audits.coupons",
        "payments": "project.shop.audits.payments",
        "stock": "project.shop.audits.stock",
        "coupon_uses": "project.shop.audits.coupon_uses",
        "owners": "project.shop.audits.owners",
    },
}
_provider_url: str = env.str("PROVIDER_URL", default=f"http://127.0.0.1:{PORT}/provider")
PROVIDER: dict[str, str] = {
    "BASE_URL": _provider_url.rstrip("/"),
    "API_KEY": env.str("PROVIDER_API_KEY", default=derive(SECRET_KEY, "provider api key")),
    "WEBHOOK_SECRET": env.str(
        "PROVIDER_WEBHOOK_SECRET", default=derive(SECRET_KEY, "provider webhooks")
    ),
    "WEBHOOK_URL": env.str(
        "WEBHOOK_URL", default=f"http://127.0.0.1:{PORT}/webhooks/payments/simulated/"
    ),
}
# Where a form of ours may lead: to ourselves and to the page on which the shopper pays.
CSP_FORM_ACTION: list[str] = env.list("CSP_FORM_ACTION", default=[origin(_provider_url)])

# ------------------------------------------------------------------ what we say
LOGGING = to_stderr(env.str("LOG_LEVEL", default="INFO"))
