"""What was found in a demonstration goes when the demonstration does: nobody decides about a text that is gone."""

from django.db import migrations

TAKE_ALONG = """
CREATE FUNCTION forget_findings_in_a_demonstration() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM prompts_finding WHERE stands_in = 'demonstration' AND row = OLD.id;
    RETURN NULL;
END $$;

CREATE TRIGGER findings_go_with_their_demonstrations AFTER DELETE ON labels_demonstration FOR EACH ROW
    EXECUTE FUNCTION forget_findings_in_a_demonstration();
"""

LEAVE = """
DROP TRIGGER findings_go_with_their_demonstrations ON labels_demonstration;
DROP FUNCTION forget_findings_in_a_demonstration();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("labels", "0005_more_locks"),
        ("prompts", "0007_findings_in_what_goes_with_a_prompt"),
    ]

    operations = [migrations.RunSQL(TAKE_ALONG, LEAVE)]
