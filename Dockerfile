# One image for every process of the project; docker-compose.yml says which one runs what, and how
# its health is asked for.
FROM python:3.13-slim-trixie

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PIP_NO_CACHE_DIR=1 STATIC_ROOT=/srv/static
WORKDIR /srv/app

COPY requirements/base.txt requirements/base.txt
RUN pip install --require-hashes -r requirements/base.txt

COPY manage.py pyproject.toml README.md ./
COPY checkout checkout
COPY project project
COPY templates templates
COPY static static
# The key is for this one command: nothing it makes depends on it.
RUN SECRET_KEY=build python manage.py collectstatic --noinput -v 0 \
    && useradd --system --no-create-home --uid 10001 shop

# By number, so that a host can see that it is not root. Nothing here belongs to this user.
USER 10001
EXPOSE 8000
STOPSIGNAL SIGTERM
CMD ["python", "-m", "project.server", "-b", "0.0.0.0", "-p", "8000", "project.asgi:application"]
