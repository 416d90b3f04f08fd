"""What was found in a response goes when the response does: nobody decides about a text that is gone."""

from django.db import migrations

TAKE_ALONG = """
CREATE FUNCTION forget_findings_in_a_response() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM prompts_finding WHERE stands_in = 'response' AND row = OLD.id;
    RETURN NULL;
END $$;

CREATE TRIGGER findings_go_with_their_responses AFTER DELETE ON candidates_response FOR EACH ROW
    EXECUTE FUNCTION forget_findings_in_a_response();
"""

LEAVE = """
DROP TRIGGER findings_go_with_their_responses ON candidates_response;
DROP FUNCTION forget_findings_in_a_response();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("candidates", "0003_hosts_of_one_word"),
        ("prompts", "0007_findings_in_what_goes_with_a_prompt"),
    ]

    operations = [migrations.RunSQL(TAKE_ALONG, LEAVE)]
