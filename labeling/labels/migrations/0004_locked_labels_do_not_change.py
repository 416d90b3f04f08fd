"""A locked label is neither superseded nor changed nor unlocked: not by a race, not by hand in psql."""

from django.db import migrations

REFUSE = """
CREATE FUNCTION refuse_to_change_a_locked_label() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a locked label does not change'
        USING ERRCODE = 'restrict_violation', CONSTRAINT = TG_NAME, TABLE = TG_TABLE_NAME;
END $$;

CREATE TRIGGER a_locked_label_does_not_change BEFORE UPDATE ON labels_label FOR EACH ROW
    WHEN (OLD.locked_at IS NOT NULL AND OLD IS DISTINCT FROM NEW) EXECUTE FUNCTION refuse_to_change_a_locked_label();
"""

ALLOW = """
DROP TRIGGER a_locked_label_does_not_change ON labels_label;
DROP FUNCTION refuse_to_change_a_locked_label();
"""


class Migration(migrations.Migration):
    dependencies = [("labels", "0003_locks")]

    operations = [migrations.RunSQL(REFUSE, ALLOW)]
