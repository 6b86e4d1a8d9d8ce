"""Fill `unsettled`, and make the indexes of the list, while others go on writing.

What is filled is found by the partial indexes that are there: a checkout that is owed something is
not at its end, is due, is held by staff, or has an open call. So a table of any size costs the same.
"""

import django.db.models.functions.text
from django.db import migrations, models
from django.db.models import F, Q

import checkout.adapters.outbound.persistence.models.buyer_mail

OPEN = ('intended', 'unknown')
REQUESTS = ('payments.void', 'payments.refund')


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


def unsettled(session, effects):
    """Is money owed, or a void or refund open? As the flow says it at this migration."""
    requests = [effect for effect in effects if effect.name in REQUESTS]
    refunds = [effect for effect in requests if effect.name == 'payments.refund']
    if any(effect.outcome in OPEN for effect in requests):
        return True
    facts = [attempt['facts'] for attempt in session.payments.values()]
    kept = sum(f['captured'] - f['refunded'] + f['refund_failed'] for f in facts)
    if session.state in ('aborting', 'aborted'):
        return kept > 0
    total = session.snapshot['total'] if session.snapshot else 0
    ordered = sum(e.arguments['amount'] for e in refunds if e.arguments.get('ordered'))
    return kept > total - ordered


def fill(apps, schema_editor):
    """Whoever moves a checkout meanwhile says it himself: then nothing is written here."""
    sessions = apps.get_model('checkout', 'CheckoutSession').objects
    effects = apps.get_model('checkout', 'CheckoutEffect').objects
    called = effects.filter(outcome__in=OPEN, name__in=REQUESTS).values_list('checkout_id', flat=True)
    found = set(called)
    for some in (Q(due_at__isnull=False), Q(finished_at__isnull=True)):
        found.update(sessions.filter(some).values_list('pk', flat=True))
    for pk in found:
        session = sessions.filter(pk=pk).first()
        try:
            owes = session is not None and unsettled(session, effects.filter(checkout_id=pk))
        except (AttributeError, LookupError, TypeError):
            continue  # its row makes no sense: the doctor shows it
        if owes:
            sessions.filter(pk=pk, version=session.version, fence=session.fence).update(unsettled=True)


def learn(apps, schema_editor):
    """The planner knows nothing of an expression before it was told to look."""
    if schema_editor.connection.vendor == 'postgresql':
        schema_editor.execute('ANALYZE checkout_checkoutsession')


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('checkout', '0007_unsettled'),
    ]

    operations = [
        migrations.RunPython(fill, migrations.RunPython.noop),
        AddIndex(
            model_name='checkoutsession',
            index=models.Index(condition=Q(('needs_attention', ''), _negated=True), fields=['created_at', 'id'], name='checkout_attention_newest'),
        ),
        AddIndex(
            model_name='checkoutsession',
            index=models.Index(condition=Q(('unsettled', True)), fields=['created_at', 'id'], name='checkout_unsettled_newest'),
        ),
        AddIndex(
            model_name='checkoutsession',
            index=models.Index(condition=Q(('on_hold', True)), fields=['created_at', 'id'], name='checkout_on_hold_newest'),
        ),
        AddIndex(
            model_name='checkoutsession',
            index=models.Index(django.db.models.functions.text.Lower('order_reference'), condition=Q(('order_reference', ''), _negated=True), name='checkout_by_order'),
        ),
        AddIndex(
            model_name='checkoutsession',
            index=models.Index(checkout.adapters.outbound.persistence.models.buyer_mail.BuyerMail('snapshot'), F('created_at'), condition=Q(('snapshot__isnull', False)), name='checkout_by_mail'),
        ),
        migrations.RemoveIndex(
            model_name='checkoutsession',
            name='checkout_attention',
        ),
        migrations.RunPython(learn, migrations.RunPython.noop),
    ]
