"""A decision about a person is never changed or taken out: another one follows it."""

from django.db import migrations

REFUSE = """
CREATE FUNCTION refuse_to_change_a_decision() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a decision stands; another one may follow it'
        USING ERRCODE = 'restrict_violation', CONSTRAINT = TG_NAME, TABLE = TG_TABLE_NAME;
END $$;

CREATE TRIGGER a_decision_stands BEFORE UPDATE OR DELETE ON screening_decision FOR EACH ROW
    EXECUTE FUNCTION refuse_to_change_a_decision();
"""

ALLOW = """
DROP TRIGGER a_decision_stands ON screening_decision;
DROP FUNCTION refuse_to_change_a_decision();
"""


class Migration(migrations.Migration):
    dependencies = [("screening", "0001_first_tables")]

    operations = [migrations.RunSQL(REFUSE, ALLOW)]
