"""Applicants are a role; and what people agreed to is never reworded under them."""

from django.db import migrations

REFUSE = """
CREATE FUNCTION refuse_to_reword_consent() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a published consent text does not change'
        USING ERRCODE = 'restrict_violation', CONSTRAINT = TG_NAME, TABLE = TG_TABLE_NAME;
END $$;

CREATE TRIGGER a_consent_text_does_not_change BEFORE UPDATE ON people_consenttext FOR EACH ROW
    WHEN ((OLD.number, OLD.english, OLD.korean, OLD.published_at)
        IS DISTINCT FROM (NEW.number, NEW.english, NEW.korean, NEW.published_at))
    EXECUTE FUNCTION refuse_to_reword_consent();
"""

ALLOW = """
DROP TRIGGER a_consent_text_does_not_change ON people_consenttext;
DROP FUNCTION refuse_to_reword_consent();
"""


def make_group(apps, schema_editor):
    apps.get_model("auth", "Group").objects.get_or_create(name="applicant")


class Migration(migrations.Migration):
    dependencies = [("people", "0003_joining_and_standing"), ("auth", "0012_alter_user_first_name_max_length")]

    operations = [
        migrations.RunSQL(REFUSE, ALLOW),
        migrations.RunPython(make_group, migrations.RunPython.noop),
    ]
