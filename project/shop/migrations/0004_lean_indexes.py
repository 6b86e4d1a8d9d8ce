"""Fewer indexes to write: none for LIKE, none that another one begins with, and holds that HOT can extend.

On PostgreSQL nobody waits for it: constraints and indexes that stay are only renamed, the new one is
made beside the old one, and the others are dropped CONCURRENTLY. What is there is found by its columns,
so that a migration that was broken off can be begun anew.
"""

import django.db.models.deletion
from django.db import migrations, models, router, transaction

# Table, column, and the name that its constraint or index has from now on.
UNIQUE = (
    ('shop_cartclosure', 'key', 'shop_one_closure_per_key'),
    ('shop_couponclaim', 'key', 'shop_one_claim_per_key'),
    ('shop_order', 'number', 'shop_one_order_per_number'),
    ('shop_order', 'key', 'shop_one_order_per_key'),
    ('shop_reservation', 'key', 'shop_one_reservation_per_key'),
)
INDEXED = (
    ('shop_cart', 'owner_hash', 'shop_cart_owner'),
    ('shop_couponclaim', 'owner', 'shop_claim_owner'),
    ('shop_couponuse', 'code', 'shop_used_code'),
    ('shop_mail', 'checkout', 'shop_mail_checkout'),
    ('shop_order', 'owner', 'shop_order_owner'),
    ('shop_reservation', 'owner', 'shop_reservation_owner'),
    ('shop_reservationline', 'sku', 'shop_reserved_sku'),
)
# A unique constraint begins with it, or nothing looks for it.
NEEDLESS = (
    ('shop_cartline', 'cart_id'),
    ('shop_cartclosure', 'cart'),
    ('shop_couponuse', 'claim_id'),
    ('shop_reservationline', 'reservation_id'),
)


def found(schema_editor, table, column, *, unique):
    """The names of the constraints or indexes on just this column; those for LIKE apart."""
    connection = schema_editor.connection
    with connection.cursor() as cursor:
        known = connection.introspection.get_constraints(cursor, table)
    names = [
        name
        for name, each in known.items()
        if each['columns'] == [column]
        and bool(each['unique']) == unique
        and not (each['primary_key'] or each['foreign_key'] or each['check'])
    ]
    return (
        [name for name in names if not name.endswith('_like')],
        [name for name in names if name.endswith('_like')],
    )


def drop(schema_editor, names):
    for name in names:
        schema_editor.execute(
            f'DROP INDEX CONCURRENTLY IF EXISTS {schema_editor.quote_name(name)}'
        )


def in_place(apps, schema_editor):
    """What PostgreSQL does instead: the same tables in the end, and nobody is kept from writing."""
    quote = schema_editor.quote_name
    for table, column, new in UNIQUE:
        for old in found(schema_editor, table, column, unique=True)[0]:
            if old != new:
                schema_editor.execute(
                    f'ALTER TABLE {quote(table)} RENAME CONSTRAINT {quote(old)} TO {quote(new)}'
                )
        drop(schema_editor, found(schema_editor, table, column, unique=False)[1])
    for table, column, new in INDEXED:
        plain, like = found(schema_editor, table, column, unique=False)
        for old in plain:
            if old != new:
                schema_editor.execute(f'ALTER INDEX {quote(old)} RENAME TO {quote(new)}')
        drop(schema_editor, like)
    for table, column in NEEDLESS:
        plain, like = found(schema_editor, table, column, unique=False)
        drop(schema_editor, plain + like)
    model = apps.get_model('shop', 'Reservation')
    holds = models.Index(condition=models.Q(('status', 'held')), fields=['id'], name='shop_holds')
    drop(schema_editor, [holds.name])
    schema_editor.add_index(model, holds, concurrently=True)
    drop(schema_editor, ['shop_live_holds'])


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
    migrations.RemoveIndex(
        model_name='reservation',
        name='shop_live_holds',
    ),
    migrations.AlterField(
        model_name='cart',
        name='owner_hash',
        field=models.CharField(blank=True, max_length=64),
    ),
    migrations.AlterField(
        model_name='cartclosure',
        name='cart',
        field=models.CharField(max_length=64),
    ),
    migrations.AlterField(
        model_name='cartclosure',
        name='key',
        field=models.CharField(max_length=120),
    ),
    migrations.AlterField(
        model_name='cartline',
        name='cart',
        field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='lines', to='shop.cart'),
    ),
    migrations.AlterField(
        model_name='couponclaim',
        name='key',
        field=models.CharField(max_length=120),
    ),
    migrations.AlterField(
        model_name='couponclaim',
        name='owner',
        field=models.CharField(help_text='The checkout.', max_length=64),
    ),
    migrations.AlterField(
        model_name='couponuse',
        name='claim',
        field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='uses', to='shop.couponclaim'),
    ),
    migrations.AlterField(
        model_name='couponuse',
        name='coupon',
        field=models.ForeignKey(db_column='code', db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='claimed_uses', to='shop.coupon', to_field='code'),
    ),
    migrations.AlterField(
        model_name='mail',
        name='checkout',
        field=models.CharField(max_length=64),
    ),
    migrations.AlterField(
        model_name='order',
        name='key',
        field=models.CharField(max_length=120),
    ),
    migrations.AlterField(
        model_name='order',
        name='number',
        field=models.CharField(max_length=16, null=True),
    ),
    migrations.AlterField(
        model_name='order',
        name='owner',
        field=models.CharField(help_text='The checkout.', max_length=64),
    ),
    migrations.AlterField(
        model_name='reservation',
        name='key',
        field=models.CharField(max_length=120),
    ),
    migrations.AlterField(
        model_name='reservation',
        name='owner',
        field=models.CharField(help_text='The checkout.', max_length=64),
    ),
    migrations.AlterField(
        model_name='reservationline',
        name='reservation',
        field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='lines', to='shop.reservation'),
    ),
    migrations.AlterField(
        model_name='reservationline',
        name='sku',
        field=models.CharField(max_length=40),
    ),
    migrations.AddIndex(
        model_name='cart',
        index=models.Index(fields=['owner_hash'], name='shop_cart_owner'),
    ),
    migrations.AddIndex(
        model_name='couponclaim',
        index=models.Index(fields=['owner'], name='shop_claim_owner'),
    ),
    migrations.AddIndex(
        model_name='couponuse',
        index=models.Index(fields=['coupon'], name='shop_used_code'),
    ),
    migrations.AddIndex(
        model_name='mail',
        index=models.Index(fields=['checkout'], name='shop_mail_checkout'),
    ),
    migrations.AddIndex(
        model_name='order',
        index=models.Index(fields=['owner'], name='shop_order_owner'),
    ),
    migrations.AddIndex(
        model_name='reservation',
        index=models.Index(fields=['owner'], name='shop_reservation_owner'),
    ),
    migrations.AddIndex(
        model_name='reservation',
        index=models.Index(condition=models.Q(('status', 'held')), fields=['id'], name='shop_holds'),
    ),
    migrations.AddIndex(
        model_name='reservationline',
        index=models.Index(fields=['sku'], name='shop_reserved_sku'),
    ),
    migrations.AddConstraint(
        model_name='cartclosure',
        constraint=models.UniqueConstraint(fields=('key',), name='shop_one_closure_per_key'),
    ),
    migrations.AddConstraint(
        model_name='couponclaim',
        constraint=models.UniqueConstraint(fields=('key',), name='shop_one_claim_per_key'),
    ),
    migrations.AddConstraint(
        model_name='order',
        constraint=models.UniqueConstraint(fields=('number',), name='shop_one_order_per_number'),
    ),
    migrations.AddConstraint(
        model_name='order',
        constraint=models.UniqueConstraint(fields=('key',), name='shop_one_order_per_key'),
    ),
    migrations.AddConstraint(
        model_name='reservation',
        constraint=models.UniqueConstraint(fields=('key',), name='shop_one_reservation_per_key'),
    ),
]


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('shop', '0003_mails'),
    ]

    operations = [
        InPlace(database_operations=OPERATIONS, state_operations=OPERATIONS),
    ]
