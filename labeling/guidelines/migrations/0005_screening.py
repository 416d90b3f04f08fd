from django.db import migrations

from labeling.guidelines.screening import FORMS


def make_forms(apps, schema_editor):
    """Running it again changes nothing: whoever has made later versions of a form keeps them."""
    Form, FormVersion, Question, Choice = (
        apps.get_model("guidelines", name) for name in ("Form", "FormVersion", "Question", "Choice")
    )
    for (key, title), questions in FORMS:
        form, is_new = Form.objects.get_or_create(key=key, defaults={"title": title})
        if not is_new:
            continue
        version = FormVersion.objects.create(form=form, number=1)
        for position, fields in enumerate(questions):
            choices = fields.get("choices", {})
            asked = {name: value for name, value in fields.items() if name != "choices"}
            question = Question.objects.create(version=version, position=position, **asked)
            Choice.objects.bulk_create(
                Choice(question=question, position=place, key=choice, label=label)
                for place, (choice, label) in enumerate(choices.items())
            )


class Migration(migrations.Migration):
    dependencies = [("guidelines", "0004_realtoxicityprompts")]

    operations = [migrations.RunPython(make_forms, migrations.RunPython.noop)]
