"""A PostgreSQL server with as many checkouts as one likes, made by the database itself.

Three in four are completed, the others aborted; the newest 300 are not at their end. Some hundreds
ask for staff or are owed money, whatever the size: that is work, and staff works it off.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import django

from tests.services import postgresql

LIVE, ATTENTION, OWED, HELD, OVERDUE = 300, 500, 300, 20, 50
SESSIONS = """
INSERT INTO checkout_checkoutsession (id, state, version, definition_version, cart, snapshot,
  snapshot_digest, owner_hash, token_hash, nonce, idempotency_key, return_url, address_hash,
  created_at, entered_at, finished_at, deadline_at, held_until, due_at, wake, fence, lease_until,
  attempt, generation, extensions, payments, failure, order_reference, needs_attention, on_hold,
  unsettled)
SELECT md5('checkout ' || n)::uuid, state, 9, 1, 'cart-' || n, jsonb_build_object(
    'total', 2990, 'currency', 'EUR', 'digest', md5('digest ' || n), 'coupons', '[]'::jsonb,
    'lines', jsonb_build_array(
      jsonb_build_object('sku', 'mug', 'name', 'A mug with a name', 'quantity', 2, 'unit', 995),
      jsonb_build_object('sku', 'tea', 'name', 'A tea with a name', 'quantity', 1, 'unit', 1000)),
    'buyer', jsonb_build_object('email', CASE WHEN n %% 200 = 0 THEN 'Tester@example.org'
      ELSE 'Buyer-' || n / 3 || '@example.org' END, 'language', 'en'),
    'delivery', jsonb_build_object('name', 'Buyer ' || n / 3, 'street', md5('street ' || n))),
  md5('digest ' || n), md5('owner ' || n / 3), md5('token ' || n), md5('nonce ' || n),
  md5('key ' || n), '', md5('address ' || n %% 5000), at, at + interval '40 s',
  CASE WHEN live THEN NULL ELSE at + interval '40 s' END, at + interval '15 min',
  at + interval '20 min',
  CASE WHEN age <= {overdue} THEN now() - interval '5 min'
       WHEN live OR age < 5000 THEN now() + interval '1 h' END,
  3, 9, NULL, 0, 1, 0, '{{}}', NULL, CASE WHEN state = 'completed' THEN 'Order-' || n ELSE '' END,
  CASE WHEN n %% greatest({size} / {attention}, 1) = 1 THEN 'retrying' ELSE '' END,
  age > {live} - {held} AND live, n %% greatest({size} / {owed}, 1) = 2
FROM (SELECT n, {size} - n AS age, {size} - n < {live} AS live,
        now() - ({size} - n) * interval '3 s' AS at,
        CASE WHEN {size} - n < {live} THEN (array['started', 'cart_frozen', 'inventory_reserved',
            'awaiting_payment', 'awaiting_payment', 'payment_confirmed', 'aborting'])[1 + n %% 7]
          WHEN n %% 4 = 3 THEN 'aborted' ELSE 'completed' END AS state
      FROM generate_series(1, {size}) AS n) AS made
"""
PROGRESS = """
INSERT INTO checkout_checkoutprogress (checkout_id, version, state, body, updated_at)
SELECT id, version, state, jsonb_build_object('state', state, 'money', jsonb_build_object(
    'status', 'charged', 'amount', 2990, 'currency', 'EUR'), 'order', order_reference), entered_at
FROM checkout_checkoutsession
"""
EFFECTS = """
INSERT INTO checkout_checkouteffect (checkout_id, name, generation, key, arguments, outcome, result,
  error, reference, tries, intended_at, answered_at)
SELECT id, name, 1, id || ':' || name || ':1', '{{}}', 'done', '{{}}', '{{}}',
  CASE WHEN name = 'payments.initiate' THEN 'pay_' || substr(cart, 6) ELSE '' END, 1,
  created_at, created_at
FROM checkout_checkoutsession, unnest(array['inventory.reserve', 'payments.initiate']) AS name
"""
TABLES = "checkout_checkouteffect, checkout_checkoutprogress, checkout_checkoutsession"


@contextmanager
def private_database() -> Iterator[None]:
    """Django on a PostgreSQL server of its own, migrated, with the limits of production."""
    with postgresql() as url:
        os.environ["CHECKOUT_TEST_DATABASE"] = url
        os.environ["DATABASE_TIMEOUT_MS"] = "2000"
        os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
        django.setup()
        from django.core.management import call_command
        from django.db import connection

        call_command("migrate", verbosity=0)
        yield
        connection.close()


def fill(size: int) -> None:
    """Replace what there is by so many checkouts, each with two calls and what is shown of it."""
    from django.db import connection

    said: dict[str, Any] = {"size": size, "live": LIVE, "attention": ATTENTION}
    said |= {"owed": OWED, "held": HELD, "overdue": OVERDUE}
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        cursor.execute(f"TRUNCATE {TABLES} CASCADE")
        for statement in (SESSIONS, PROGRESS, EFFECTS):
            cursor.execute(statement.format(**said), [])
        cursor.execute(f"VACUUM ANALYZE {TABLES}")
        cursor.execute("RESET statement_timeout")
