"""Settings of the naive design. In its favour: connections are kept for ever."""

import os

import environ

DATABASES = {
    "default": {**environ.Env.db_url_config(os.environ["DATABASE_URL"]), "CONN_MAX_AGE": None}
}
INSTALLED_APPS = ["django.contrib.contenttypes", "channels", "tests.bench.saga.naive"]
SECRET_KEY = "only-for-measuring"
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.core.RedisChannelLayer",
        "CONFIG": {"hosts": [os.environ["REDIS_URL"]]},
    }
}
