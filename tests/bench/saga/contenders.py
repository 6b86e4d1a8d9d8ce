"""The contenders beside ourselves: the raw loop, the naive design, and DBOS."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import uuid4

from huey import RedisHuey
from huey.registry import Message

from tests.bench.saga import peers, plain
from tests.bench.saga.contender import Contender, python

NAIVE_QUEUE = "naive"
FIRST_TASK = "tests.bench.saga.naive.tasks.run_step"


class Plain(Contender):
    """A contender on the slim tables."""

    def prepare(self) -> None:
        """Tables and stock."""
        plain.create(self.connection)

    def load(self, count: int) -> list[str]:
        """Rows of `started` checkouts."""
        self.loaded += count
        return plain.load(self.connection, count, self.loaded)

    def facts(self) -> dict[str, int]:
        """Counted in the slim tables."""
        return {name: self._number(sql) for name, sql in plain.VERIFY.items()}


class Raw(Plain):
    """psycopg by hand: the base of all ratios."""

    name = "raw"

    def command(self) -> list[str]:
        """The loop."""
        return python("-m", "tests.bench.saga.raw_worker")


class Naive(Plain):
    """Huey, the ORM with django-fsm, and a group_send after each step."""

    name = "naive"
    redis_database = 1

    def command(self) -> list[str]:
        """Huey's consumer, with one thread each."""
        queue = "tests.bench.saga.naive.consumer.huey"
        return python("-m", "huey.bin.huey_consumer", queue, "-w", "1", "-k", "thread", "-q")

    def environment(self) -> dict[str, str]:
        """Its own settings."""
        return {"DJANGO_SETTINGS_MODULE": "tests.bench.saga.naive.settings"}

    def submit(self, ids: Sequence[str]) -> None:
        """The first task of each."""
        huey = RedisHuey(NAIVE_QUEUE, url=self.redis)
        for checkout in ids:
            message = Message(uuid4().hex, FIRST_TASK, args=(0, checkout), kwargs={})
            huey.storage.enqueue(huey.serializer.serialize(message))


class Dbos(Plain):
    """A workflow engine on the same PostgreSQL."""

    name = "dbos"
    events_wait = "EXISTS (SELECT FROM dbos.workflow_status WHERE status = 'PENDING')"

    def command(self) -> list[str]:
        """Workflows, four at a time in each process."""
        return [str(peers.environment() / "python"), "-m", "tests.bench.saga.dbos_worker"]
