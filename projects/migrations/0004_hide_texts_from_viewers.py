from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('projects', '0003_sign_in_failures'),
    ]

    operations = [
        migrations.AddField(
            model_name='project',
            name='hides_texts',
            field=models.BooleanField(default=False, help_text='Viewers do not see prompts and answers.'),
        ),
    ]
