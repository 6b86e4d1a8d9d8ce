"""The only place that chooses adapters. Reads settings.CHECKOUT; tests replace what it chose."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from typing import Any

from django.conf import settings
from django.core.signals import setting_changed
from django.utils.module_loading import import_string

from checkout.adapters.outbound.messaging.checkout_event_publisher import (
    ConsumersFirst,
    ConsumersFirstOfMany,
    LogEventPublisher,
    RedisStreamEventPublisher,
)
from checkout.adapters.outbound.messaging.progress_hints import ProgressHints
from checkout.adapters.outbound.persistence.database_time import read_now
from checkout.adapters.outbound.persistence.repositories.attempt_counters import AttemptCounters
from checkout.adapters.outbound.persistence.repositories.django_bulk import DjangoBulk
from checkout.adapters.outbound.persistence.repositories.django_checkout_repository import (
    DjangoCheckoutRepository,
)
from checkout.adapters.outbound.persistence.repositories.django_jobs import DjangoJobs
from checkout.adapters.outbound.persistence.repositories.django_outbox import DjangoOutbox
from checkout.adapters.outbound.persistence.repositories.django_queries import (
    DjangoCheckoutQueries,
)
from checkout.adapters.outbound.persistence.repositories.tallies import Tallies
from checkout.adapters.outbound.persistence.repositories.used_links import UsedLinks
from checkout.adapters.outbound.persistence.repositories.watch_queries import WatchQueries
from checkout.adapters.outbound.scheduling.huey_scheduler import (
    HueyQueue,
    HueyScheduler,
)
from checkout.application.policy import Policy
from checkout.application.port_call import Ports
from checkout.application.ports.outbound.event_publisher_port import (
    EventPublisherPort,
    ManyEventsPublisherPort,
)
from checkout.application.ports.outbound.scheduler_port import ProgressPort, SchedulerPort
from checkout.application.use_cases.relay_events import RelayEvents
from checkout.application.use_cases.start_checkout import StartCheckoutUseCase
from checkout.application.use_cases.submit_command import CommandDesk
from checkout.application.use_cases.watch_money import WatchMoney
from checkout.read_models.checkout_progress import project
from checkout.sagas.bulk_recovery import LEASE, RecoverMany
from checkout.sagas.engine import Engine
from checkout.sagas.rehearsal import Rehearsal


@dataclass(frozen=True)
class Services:
    """Everything the inbound adapters may use."""

    engine: Engine
    relay: RelayEvents
    start: StartCheckoutUseCase
    desk: CommandDesk
    rehearsal: Rehearsal
    bulk: DjangoBulk
    recovery: RecoverMany
    repository: DjangoCheckoutRepository
    queries: DjangoCheckoutQueries
    money: WatchMoney
    watch: WatchQueries
    jobs: DjangoJobs
    queue: HueyQueue
    ports: Ports
    policy: Policy
    prove_cart: Callable[..., bool]
    counters: AttemptCounters = field(default_factory=AttemptCounters)
    links: UsedLinks = field(default_factory=UsedLinks)
    tallies: Tallies = field(default_factory=Tallies)


@dataclass(frozen=True)
class Parts:
    """The classes that the services are made of. A test puts a subclass in a place to break it."""

    repository: type[DjangoCheckoutRepository] = DjangoCheckoutRepository
    outbox: type[DjangoOutbox] = DjangoOutbox
    engine: type[Engine] = Engine
    desk: type[CommandDesk] = CommandDesk


class _Chosen:
    """The services of this process."""

    lock = threading.Lock()
    services: Services | None = None


def services() -> Services:
    """The services of this process, built once. Raises ImportError for a port that is not there."""
    with _Chosen.lock:
        if _Chosen.services is None:
            _Chosen.services = build()
        return _Chosen.services


def build(
    ports: Ports | None = None,
    policy: Policy | None = None,
    scheduler: SchedulerPort | None = None,
    progress: ProgressPort | None = None,
    publisher: EventPublisherPort | None = None,
    fault: Callable[[str], None] = lambda point: None,
    parts: Parts = Parts(),
) -> Services:
    """Wire the services; what is given replaces what the settings say."""
    said: dict[str, Any] = settings.CHECKOUT
    redis_url = getattr(settings, "REDIS_URL", "")
    ports = ports or chosen_ports(said)
    policy = policy or chosen_policy(said)
    scheduler = scheduler or HueyScheduler(redis_url)
    progress = progress or ProgressHints(redis_url)
    publisher = publisher or chosen_publisher(said, redis_url)
    repository, queries = parts.repository(), DjangoCheckoutQueries()
    watch, jobs, bulk = WatchQueries(), DjangoJobs(), DjangoBulk(LEASE)
    desk = parts.desk(repository, queries, scheduler, ports.payments, policy, read_now)
    rehearsal = Rehearsal(repository, policy, project, read_now)
    recovery = RecoverMany(bulk, jobs, repository, desk, rehearsal, policy, read_now, fault)
    return Services(
        engine=parts.engine(repository, ports, policy, progress, project, fault),
        relay=RelayEvents(parts.outbox(), publisher, fault),
        start=StartCheckoutUseCase(repository, queries, scheduler, settings.SECRET_KEY),
        desk=desk,
        rehearsal=rehearsal,
        bulk=bulk,
        recovery=recovery,
        repository=repository,
        queries=queries,
        money=WatchMoney(repository, watch, scheduler, policy, read_now),
        watch=watch,
        jobs=jobs,
        queue=HueyQueue(redis_url),
        ports=ports,
        policy=policy,
        prove_cart=import_string(said["PROVE_CART"]),
    )


def chosen_ports(said: dict[str, Any]) -> Ports:
    """The shop's adapters by dotted path: `CHECKOUT["PORTS"]`, one per port."""
    return Ports(**{name: import_string(path)() for name, path in said["PORTS"].items()})


def chosen_policy(said: dict[str, Any]) -> Policy:
    """The numbers of the flow: the upper-case names of Policy's fields, in seconds."""
    names = [known.name for known in fields(Policy)]
    return Policy(**{name: said[name.upper()] for name in names if name.upper() in said})


def chosen_publisher(said: dict[str, Any], redis_url: str) -> EventPublisherPort:
    """`CHECKOUT["EVENT_PUBLISHER"]` by dotted path; else a Redis stream, or the log without Redis.

    In front of it the callables that `CHECKOUT["EVENT_CONSUMERS"]` names.
    """
    publisher: EventPublisherPort
    if "EVENT_PUBLISHER" in said:
        publisher = import_string(said["EVENT_PUBLISHER"])()
    else:
        publisher = RedisStreamEventPublisher(redis_url) if redis_url else LogEventPublisher()
    consumers = [import_string(path) for path in said.get("EVENT_CONSUMERS", ())]
    if consumers and isinstance(publisher, ManyEventsPublisherPort):
        return ConsumersFirstOfMany(consumers, publisher)
    return ConsumersFirst(consumers, publisher) if consumers else publisher


def use(replacement: Services | None) -> None:
    """For tests: everything that asks for the services gets these; None: the configured ones."""
    _Chosen.services = replacement


def _forget(*, setting: str, **_: Any) -> None:
    if setting == "CHECKOUT":
        use(None)


setting_changed.connect(_forget)
