from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('checkout', '0006_payload_permission'),
    ]

    operations = [
        migrations.AddField(
            model_name='checkoutsession',
            name='unsettled',
            field=models.BooleanField(db_default=False, default=False),
        ),
    ]
