"""One run: shoppers buy while everything breaks; then all comes to rest, and the books are judged."""

from __future__ import annotations

import json
import shutil
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from tests.chaos import books
from tests.chaos.books import Books
from tests.chaos.buyers import Purchase
from tests.chaos.crowd import Crowd, stock_up
from tests.chaos.estates import Estate, Household
from tests.chaos.judges import judge
from tests.chaos.keeper import Keeper
from tests.chaos.mischief import Mischief, ProductionMischief
from tests.chaos.recovery import Recovery, Times, percentile
from tests.e2e.ledgers import Ledgers

REST_SECONDS = 400.0  # beyond the payment window: the longest pause between two tries, twice
CALM_SECONDS = 400.0  # until the provider has come back and forgets its faults
LEAST_PATIENCE_SECONDS = 600.0
OPEN = "SELECT COUNT(*) FROM checkout_checkoutsession WHERE state NOT IN ('completed', 'aborted')"
COMPLETED = "SELECT COUNT(*) FROM checkout_checkoutsession WHERE state = 'completed'"
UNREST = (
    OPEN,
    "SELECT COUNT(*) FROM checkout_checkoutoutbox WHERE sent_at IS NULL",
    "SELECT COUNT(*) FROM checkout_checkoutinbox WHERE applied_at IS NULL",
    "SELECT COUNT(*) FROM provider_payment WHERE refund_open > 0"
    " OR (authorised > 0 AND captured = 0 AND voided = 0)",
)
BUGS = (
    "a bug of ours",
    " broke",
    "cannot be shown either",
    "its row cannot be read",
    "unexpected error in the API",
    "Internal Server Error: /webhooks",
)


@dataclass(frozen=True)
class Plan:
    """How long, how many at least, and from which seed."""

    minutes: float
    seed: int
    checkouts: int = 0
    kills: int = 0
    shoppers: int = 16
    window: int = 40
    completed: int = 0


@dataclass
class Outcome:
    """What came of a run. `logs` is where the logs were kept, if there was anything to keep."""

    figures: dict[str, Any]
    violations: list[str]
    by_kind: dict[str, Counter[str]]
    purchases: list[Purchase]
    stock: dict[str, int]
    logs: Path | None = None
    notes: list[str] = field(default_factory=list)


class Campaign:
    """Runs a plan in an estate that has been started. `mischief` are the faults of an `Estate`."""

    def __init__(
        self,
        estate: Household | Estate,
        plan: Plan,
        say: Callable[[str], None],
        mischief: type[ProductionMischief] = ProductionMischief,
    ) -> None:
        self.estate, self.plan, self.say = estate, plan, say
        self.ledgers = Ledgers(estate)
        self.keeper = Keeper(estate)
        self.recovery: Recovery | None = None
        self.mischief: Mischief
        if isinstance(estate, Estate):
            self.recovery = Recovery(estate.database.url)
            self.mischief = mischief(estate, self.keeper, plan.seed, self.recovery)
        else:
            self.mischief = Mischief(estate, self.keeper, plan.seed)

    def run(self) -> Outcome:
        """All of it. The processes still run afterwards."""
        began = time.monotonic()
        stock_up(self.ledgers)
        stock = dict(self.ledgers.rows("SELECT sku, on_hand FROM shop_stockitem"))
        crowd = Crowd(self.estate.sites, self.plan.shoppers, self.plan.window, self.plan.seed)
        self._break_things(crowd)
        calm = time.monotonic()
        self.say("No more faults. Everything comes to rest.")
        left = self._rest()
        self.keeper.stop()
        found = books.read(self.ledgers)
        violations = [*left, *self._doctor(), *self._logged()]
        violations += judge(found, crowd.purchases, stock)
        figures = self._figures(found, crowd)
        figures["violations"] = len(violations)
        figures["rest_seconds"] = round(time.monotonic() - calm, 1)
        figures["seconds"] = round(time.monotonic() - began, 1)
        by_kind = _by_kind(found, crowd.purchases)
        outcome = Outcome(figures, violations, by_kind, crowd.purchases, stock)
        outcome.notes = self.keeper.own_ends
        outcome.logs = self._keep_logs() if violations else None
        return outcome

    def _break_things(self, crowd: Crowd) -> None:
        self.mischief.bought = lambda: len(crowd.purchases)
        threads = [self.keeper, self.mischief, *([self.recovery] if self.recovery else [])]
        for thread in threads:
            thread.start()
        crowd.begin()
        try:
            self._wait(crowd)
        except BaseException:  # somebody ends this run: nobody may start anything any more
            self.mischief.stop()
            self.keeper.stop()
            raise
        self.mischief.stop()
        if self.recovery:
            self.recovery.settle(30.0)
            self.recovery.stop()
        until = time.monotonic() + CALM_SECONDS
        while not self.mischief.calm_provider() and time.monotonic() < until:
            time.sleep(0.5)
        crowd.leave()

    def _wait(self, crowd: Crowd) -> None:
        """Until the time is over and there is enough; at most three times as long as planned.

        A short run on a busy machine gets more: it is there to see something happen.
        """
        plan, began = self.plan, time.monotonic()
        told, most = began, max(plan.minutes * 60 * 3, LEAST_PATIENCE_SECONDS)
        while (now := time.monotonic()) < began + most:
            enough = len(crowd.purchases) >= plan.checkouts and self.mischief.kills >= plan.kills
            if enough and now >= began + plan.minutes * 60 and self._completed() >= plan.completed:
                return
            if now > told + 30:
                told = now
                seconds, bought = int(now - began), len(crowd.purchases)
                self.say(f"{seconds} s: {bought} purchases, {self.mischief.kills} kills.")
            time.sleep(0.2)

    def _completed(self) -> int:
        """How many purchases are complete by now, as far as the database says so."""
        try:
            return int(self.ledgers.rows(COMPLETED)[0][0])
        except psycopg.OperationalError:
            return 0

    def _rest(self) -> list[str]:
        """Wait until nothing is under way; what still is when it takes too long."""
        until = time.monotonic() + self.plan.window + REST_SECONDS
        counts = [-1]
        while any(counts) and time.monotonic() < until:
            time.sleep(0.5)
            try:
                counts = [int(self.ledgers.rows(sql)[0][0]) for sql in UNREST]
            except psycopg.OperationalError:
                continue
        what = ("open checkouts", "unsent events", "unapplied messages", "unsettled payments")
        return [f"L1 no rest: {n} {name}." for n, name in zip(counts, what, strict=False) if n]

    def _doctor(self) -> list[str]:
        """What the product's own examination finds broken."""
        done = self.estate.manage("checkout", "doctor", "--json", "--all", check=False)
        try:
            broken = json.loads(done.stdout)["broken"]
        except ValueError:
            return [f"The doctor said nothing: {done.stderr[-500:]}"]
        return [f"doctor: {f['check']} {f['checkout']} {f['text']}" for f in broken]

    def _logged(self) -> list[str]:
        """Lines of the logs that tell of a bug."""
        return [
            f"{name}: {line}"
            for name in self.estate.processes
            for line in self.estate.log(name).read_text(errors="replace").splitlines()
            if any(words in line for words in BUGS)
        ]

    def _figures(self, found: Books, crowd: Crowd) -> dict[str, Any]:
        states = Counter(session.state for session in found.sessions.values())
        done = self.mischief.done
        times = self.recovery.times if self.recovery else Times()
        return {
            "checkouts": len(found.sessions),
            "completed": states["completed"],
            "completed_share": round(states["completed"] / max(len(found.sessions), 1), 3),
            "aborted": states["aborted"],
            "needs_attention": sum(1 for s in found.sessions.values() if s.attention),
            "kills": self.mischief.kills,
            "killed": {name: done[name] for name in sorted(done) if name.startswith("kill_")},
            "stops": done["freeze_worker"],
            "redis_flushes": done["flush_redis"],
            "redis_kills": done["kill_redis"],
            "postgres_stops": done["stop_postgres"],
            "provider_faults": done["spoil_provider"],
            "own_ends": len(self.keeper.own_ends),
            "orphans": len(times.killed),
            "resumed_p50_s": percentile(times.killed, 0.5),
            "resumed_p99_s": percentile(times.killed, 0.99),
            "resumed_max_s": percentile(times.killed, 1.0),
            "flushed_checkouts": len(times.flushed),
            "redis_flushed_p50_s": percentile(times.flushed, 0.5),
            "redis_flushed_max_s": percentile(times.flushed, 1.0),
            "cuts": {name: done[name] for name in sorted(done) if name.startswith("cut_")},
            "cut_resumed_p50_s": percentile(times.cut, 0.5),
            "cut_resumed_max_s": percentile(times.cut, 1.0),
            "gave_up": crowd.gave_up,
            "answers": {str(code): n for code, n in sorted(crowd.answers.items())},
            "seed": self.plan.seed,
        }

    def _keep_logs(self) -> Path:
        kept = Path(tempfile.mkdtemp(prefix="checkout-chaos-logs-"))
        for name in self.estate.processes:
            shutil.copy(self.estate.log(name), kept)
        return kept


def _by_kind(found: Books, purchases: list[Purchase]) -> dict[str, Counter[str]]:
    """How the purchases of each kind ended."""
    ends: dict[str, Counter[str]] = defaultdict(Counter)
    for purchase in purchases:
        session = found.sessions.get(purchase.id)
        why = f" ({session.failure})" if session and session.failure else ""
        ends[purchase.kind][f"{session.state}{why}" if session else "never started"] += 1
    return dict(sorted(ends.items()))
