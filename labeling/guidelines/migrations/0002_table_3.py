from django.db import migrations

from labeling.guidelines.instructgpt import QUESTIONS


def make_form(apps, schema_editor):
    form = apps.get_model("guidelines", "Form").objects.create(key="instructgpt", title="InstructGPT, table 3")
    version = apps.get_model("guidelines", "FormVersion").objects.create(form=form, number=1)
    Question = apps.get_model("guidelines", "Question")
    Question.objects.bulk_create(
        Question(version=version, position=position, **question) for position, question in enumerate(QUESTIONS)
    )


class Migration(migrations.Migration):
    dependencies = [("guidelines", "0001_first_tables")]

    operations = [migrations.RunPython(make_form, migrations.RunPython.noop)]
