"""Fewer and smaller indexes to write, while others go on writing.

Effects had two unique rules that said the same, events one that guarded a random number, and guests
an entry each in the index of users. On PostgreSQL nobody waits for it: indexes are made and dropped
CONCURRENTLY, what is there is found by its columns, and a migration that was broken off can be begun
anew. An older release writes and reads as before: each of its queries has an index.
"""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models, router, transaction

SESSION, EFFECT, OUTBOX = (f'checkout_checkout{name}' for name in ('session', 'effect', 'outbox'))
OF_CHECKOUT = models.Index(fields=['checkout'], name='checkout_effects_of')
OF_USER = models.Index(condition=models.Q(('user__isnull', False)), fields=['user'], name='checkout_by_user')


def found(schema_editor, table, columns, *, unique):
    """The names of the constraints or indexes on just these columns."""
    connection = schema_editor.connection
    with connection.cursor() as cursor:
        known = connection.introspection.get_constraints(cursor, table)
    return [
        name
        for name, each in known.items()
        if each['columns'] == columns
        and bool(each['unique']) == unique
        and not (each['primary_key'] or each['foreign_key'] or each['check'])
    ]


def in_place(apps, schema_editor):
    """What PostgreSQL does instead: the same tables in the end, and nobody is kept from writing."""
    quote = schema_editor.quote_name
    for model, index in (('CheckoutEffect', OF_CHECKOUT), ('CheckoutSession', OF_USER)):
        schema_editor.execute(f'DROP INDEX CONCURRENTLY IF EXISTS {quote(index.name)}')
        schema_editor.add_index(apps.get_model('checkout', model), index, concurrently=True)
    for table, columns in ((EFFECT, ['checkout_id', 'name', 'generation']), (OUTBOX, ['event_id'])):
        for name in found(schema_editor, table, columns, unique=True):
            schema_editor.execute(f'ALTER TABLE {table} DROP CONSTRAINT {quote(name)}')
    for name in found(schema_editor, SESSION, ['user_id'], unique=False):
        if name != OF_USER.name:
            schema_editor.execute(f'DROP INDEX CONCURRENTLY IF EXISTS {quote(name)}')


class InPlace(migrations.SeparateDatabaseAndState):
    """The operations as they stand, all or none; PostgreSQL takes its own way to the same tables."""

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        alias = schema_editor.connection.alias
        if schema_editor.connection.vendor != 'postgresql':
            with transaction.atomic(using=alias):
                super().database_forwards(app_label, schema_editor, from_state, to_state)
        elif router.allow_migrate(alias, app_label):
            in_place(from_state.apps, schema_editor)


OPERATIONS = [
    migrations.AddIndex(model_name='checkouteffect', index=OF_CHECKOUT),
    migrations.RemoveConstraint(model_name='checkouteffect', name='checkout_effect_once'),
    migrations.AlterField(
        model_name='checkoutoutbox',
        name='event_id',
        field=models.UUIDField(default=uuid.uuid4),
    ),
    migrations.AddIndex(model_name='checkoutsession', index=OF_USER),
    migrations.AlterField(
        model_name='checkoutsession',
        name='user',
        field=models.ForeignKey(
            db_index=False,
            null=True,
            on_delete=django.db.models.deletion.SET_NULL,
            related_name='+',
            to=settings.AUTH_USER_MODEL,
        ),
    ),
]


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('checkout', '0010_fewer_index_entries'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        InPlace(database_operations=OPERATIONS, state_operations=OPERATIONS),
    ]
