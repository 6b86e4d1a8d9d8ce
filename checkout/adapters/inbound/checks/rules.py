"""Every id that a check can report, why it is wrong, and what to do. docs/production.md shows it."""

from __future__ import annotations

from dataclasses import dataclass

from django.core import checks


@dataclass(frozen=True, slots=True)
class Rule:
    """`why` is for the document; `hint` goes with every finding."""

    why: str
    hint: str


PORTS_FOLDER = "checkout/application/ports/outbound/"

RULES = {
    "E001": Rule(
        "`CHECKOUT` is missing, or does not name an adapter for every port.",
        'Name one class for each port in CHECKOUT["PORTS"]: carts, coupons, inventory, orders,'
        " payments.",
    ),
    "E002": Rule(
        "A dotted path in `CHECKOUT` leads nowhere, or what it names cannot be made.",
        "Give the path from which it can be imported; it is called without arguments.",
    ),
    "E003": Rule(
        "An adapter does not have what its port asks for: the first checkout would find out.",
        f"Each port says in {PORTS_FOLDER} what it promises; `checkout.testing` has the tests.",
    ),
    "E004": Rule(
        "`PROVE_CART` is missing: nothing could tell whose cart is to be bought.",
        'Name a callable in CHECKOUT["PROVE_CART"] that takes the request, the cart\'s id and its'
        " token.",
    ),
    "E005": Rule(
        "`CHECKOUT` holds a name that nothing reads: a misspelt limit would silently not hold.",
        "Correct the name, or remove it.",
    ),
    "E006": Rule(
        "A value in `CHECKOUT` is of the wrong kind, or is not a sensible number.",
        "Times are seconds above zero, counts are whole numbers, several words are a list.",
    ),
    "E007": Rule(
        "Two times contradict each other: stock would be free while its payment can still be"
        " taken, or a call could never be repeated.",
        "Raise the one or lower the other; both are named in the finding.",
    ),
    "E008": Rule(
        "`AUDITS` names a ledger that the doctor does not read, or something that is no callable.",
        "docs/doctor.md lists the ledgers and what each answers; each is a dotted path to a callable.",
    ),
    "E009": Rule(
        "Something of Django that the checkout stands on is not switched on.",
        "Add it as the finding says.",
    ),
    "E010": Rule(
        "The queue is immediate: every checkout would be driven inside a shopper's request.",
        'Set HUEY["immediate"] to False; left out, Huey takes it from DEBUG.',
    ),
    "E011": Rule(
        "Task messages are not signed JSON: with pickle, whoever can write to the queue runs code"
        " here.",
        'Set HUEY["serializer"] to checkout.adapters.outbound.scheduling.serializer'
        ".SignedJsonSerializer(SECRET_KEY).",
    ),
    "E012": Rule(
        "The channel layer is not the one that progress is pushed through: open pages would lag.",
        "With REDIS_URL use channels_redis.pubsub.RedisPubSubChannelLayer; without it, in one"
        " process, checkout.adapters.outbound.messaging.memory_layer"
        ".LoopBoundInMemoryChannelLayer.",
    ),
    "E013": Rule(
        "`REDIS_URL` says that there are several processes, but the database is SQLite, one file"
        " on one host.",
        "Use PostgreSQL, or unset REDIS_URL and run everything in one process.",
    ),
    "E014": Rule(
        "SQLite would fail at once where it should wait for a lock.",
        'Set "transaction_mode": "IMMEDIATE" and "timeout": 20 in the OPTIONS of the database.',
    ),
    "E015": Rule(
        "PostgreSQL would let a frozen process hold a row for ever.",
        'Set the limit in OPTIONS, as in "options": "-c lock_timeout=2000". If it is set on the'
        " role in the database, silence this check.",
    ),
    "E016": Rule(
        "`SECRET_KEY` is short or an example: it makes the checkouts' tokens and signs the tasks.",
        "Set one random SECRET_KEY of 50 characters or more, the same for every process.",
    ),
    "E017": Rule(
        "`DEBUG` is on in the production form: errors would show settings and data to shoppers.",
        "Set DEBUG to False.",
    ),
    "E018": Rule(
        "Sessions are kept in the memory of one process: the next process would not know the"
        " shopper's checkout.",
        "Use django.contrib.sessions.backends.db, or a cache that all processes share.",
    ),
    "E019": Rule(
        "A limit is no sensible number: it would hold nobody up, or everybody.",
        "Attempts and BULK_MOST are whole numbers of at least 1, ATTEMPT_WINDOW and COOL_DOWN are"
        " seconds.",
    ),
    "E020": Rule(
        "A provider's message would be forgotten while the provider may still repeat it, or before"
        " anybody has looked at it.",
        "Set INBOX_RETENTION_DAYS to a whole number of at least 30, or leave it out for 90.",
    ),
    "E021": Rule(
        "`TRUSTED_PROXIES` or `UNLIMITED_ADDRESSES` has something that is no address and no network.",
        'List them as in ["10.0.0.7", "172.16.0.0/12", "2001:db8::/32"].',
    ),
    "E022": Rule(
        "SQLite is older than 3.35 and knows no RETURNING, with which every commit is made.",
        "Use a Python with a newer SQLite (`sqlite3.sqlite_version`), or PostgreSQL.",
    ),
    "W001": Rule(
        "The queue keeps results that nobody reads.",
        'Set HUEY["results"] to False.',
    ),
    "W002": Rule(
        "SIGTERM would interrupt a worker's task; what was under way waits until its lease ends.",
        'Set HUEY["consumer"]["graceful_signal"] to "TERM".',
    ),
    "W003": Rule(
        "A stopping worker would not wait for a call that is still allowed to run.",
        'Set HUEY["consumer"]["shutdown_timeout"] above the longest call timeout, and the grace'
        " period of whatever stops the worker above that.",
    ),
    "W004": Rule(
        "SQLite without its write-ahead log: readers and the writer would wait for each other.",
        'Set "init_command": "PRAGMA journal_mode=WAL;" in the OPTIONS of the database.',
    ),
    "W005": Rule(
        "`ATOMIC_REQUESTS` is on: every page holds a transaction, on SQLite even the write lock,"
        " and an outage at its end is an error page.",
        "Set it to False for the default database; the checkout opens its own transactions.",
    ),
    "W006": Rule(
        "`ALLOWED_HOSTS` allows every host: links and origins are then what the visitor says.",
        "Name the hosts that the shop is served under.",
    ),
    "W007": Rule(
        "The checkout is proven on PostgreSQL and SQLite only.",
        "Use one of them, or run the tests and `manage.py checkout prove` on yours.",
    ),
    "W008": Rule(
        "Nobody said which proxy to believe: behind one, all shoppers seem to come from its address,"
        " and no address is held up for trying too often.",
        'Set CHECKOUT["TRUSTED_PROXIES"] to the addresses or networks of your proxies, or to [] if'
        " clients reach the web processes without one.",
    ),
}


def finding(number: str, text: str) -> checks.CheckMessage:
    """What a check returns: the sentence, with the hint and the id of its rule."""
    kind = checks.Error if number.startswith("E") else checks.Warning
    return kind(text, hint=RULES[number].hint, id=f"checkout.{number}")
