"""Indexes that nobody reads by go, while others go on writing.

Django gives PostgreSQL a second index for LIKE beside each unique or indexed text, and each foreign
key one that the unique rules which begin with it make needless. Every checkout writes an entry into
each of them.
"""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Q

NO_LIKE = ('checkout_checkouteffect', 'checkout_checkoutsession')
NO_KEY = ('checkout_checkouteffect', 'checkout_checkouthistory', 'checkout_checkoutoutbox')
PLAIN = {'checkout_checkouteffect': [['checkout_id'], ['reference']]}


class AddIndex(migrations.AddIndex):
    """An index that is made without keeping anybody from writing, anew where it was broken off."""

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        model = to_state.apps.get_model(app_label, self.model_name)
        if not self.allow_migrate_model(schema_editor.connection.alias, model):
            return
        live = schema_editor.connection.vendor == 'postgresql'
        name = schema_editor.quote_name(self.index.name)
        schema_editor.execute(f"DROP INDEX {'CONCURRENTLY ' if live else ''}IF EXISTS {name}")
        schema_editor.add_index(model, self.index, **({'concurrently': True} if live else {}))


def unread(table, name, found):
    """Is this the index of a foreign key, of the reference, or one for LIKE?"""
    if not found['index'] or found['unique'] or found['primary_key']:
        return False
    if name.endswith('_like'):
        return table in NO_LIKE
    plain = PLAIN.get(table, [['checkout_id']] if table in NO_KEY else [])
    return found['columns'] in plain and name != 'checkout_effect_reference'


def drop(apps, schema_editor):
    connection = schema_editor.connection
    how = 'CONCURRENTLY ' if connection.vendor == 'postgresql' else ''
    for table in sorted({*NO_LIKE, *NO_KEY}):
        with connection.cursor() as cursor:
            known = connection.introspection.get_constraints(cursor, table)
        for name, found in known.items():
            if unread(table, name, found):
                schema_editor.execute(f'DROP INDEX {how}IF EXISTS {schema_editor.quote_name(name)}')


def without_index(model, related_name):
    key = models.ForeignKey(
        db_index=False,
        on_delete=django.db.models.deletion.CASCADE,
        related_name=related_name,
        to='checkout.checkoutsession',
    )
    return migrations.AlterField(model_name=model, name='checkout', field=key)


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('checkout', '0009_bulk_recovery'),
    ]

    operations = [
        AddIndex(
            model_name='checkouteffect',
            index=models.Index(condition=Q(('reference', ''), _negated=True), fields=['reference'], name='checkout_effect_reference'),
        ),
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunPython(drop, migrations.RunPython.noop)],
            state_operations=[
                migrations.AlterField(
                    model_name='checkouteffect',
                    name='reference',
                    field=models.CharField(default='', max_length=200),
                ),
                without_index('checkouteffect', 'effects'),
                without_index('checkouthistory', 'history'),
                without_index('checkoutoutbox', 'outbox'),
            ],
        ),
    ]
