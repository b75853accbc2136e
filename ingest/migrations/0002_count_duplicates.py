from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('ingest', '0001_senders_and_refusals'),
    ]

    operations = [
        migrations.AddField(
            model_name='sender',
            name='duplicates',
            field=models.PositiveBigIntegerField(default=0),
        ),
    ]
