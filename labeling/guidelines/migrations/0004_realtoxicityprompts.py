from django.db import migrations

from labeling.guidelines.realtoxicityprompts import KEY, QUESTIONS, TITLE


def make_form(apps, schema_editor):
    """Running it again changes nothing: whoever has made later versions of the form keeps them."""
    form, is_new = apps.get_model("guidelines", "Form").objects.get_or_create(key=KEY, defaults={"title": TITLE})
    if not is_new:
        return
    version = apps.get_model("guidelines", "FormVersion").objects.create(form=form, number=1)
    Question = apps.get_model("guidelines", "Question")
    Question.objects.bulk_create(
        Question(version=version, position=position, **question) for position, question in enumerate(QUESTIONS)
    )


class Migration(migrations.Migration):
    dependencies = [("guidelines", "0003_questions_that_can_be_answered")]

    operations = [migrations.RunPython(make_form, migrations.RunPython.noop)]
