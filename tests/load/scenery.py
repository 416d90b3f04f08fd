"""Many tasks and many people in a moment: as an import and a draw would have left them."""

from secrets import token_hex

from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group
from django.db import connection
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from labeling.candidates.models import ModelEndpoint
from labeling.guidelines.models import Form, Instructions, InstructionsVersion
from labeling.people.models import CohortMembership, User
from labeling.prompts.models import Owner, Source
from labeling.work.models import Project

PASSWORD = "attune-demo"
HASHED = SimpleLazyObject(lambda: make_password(PASSWORD))  # slow on purpose, so once

# Four answers of about 1 kB each, all different, with the Markdown that models like to write.
TASKS = """
INSERT INTO prompts_prompt (source_id, external_id, owner_id, origin, messages, is_text, use_case, tags, language, meta,
        created_at)
    SELECT {source}, 'p' || n, {owner}, 'customer', jsonb_build_array(jsonb_build_object('role', 'user', 'content',
        'Question ' || n || ': how does a river find its way to the sea? Explain it to a child.'
        )), true, '', '{{}}', '', '{{}}', now() FROM generate_series(1, {tasks}) n;
INSERT INTO candidates_response (prompt_id, endpoint_id, sample, text, text_hash, flags, sampling, meta, created_at)
    SELECT prompt.id, endpoint.id, 0, format(E'**Answer %s.%s** {token}\n\n', prompt.id, endpoint.id) || repeat(
        E'A river runs *downhill*, and it takes the stones along that it can carry; the others it leaves. '
        , 4) || E'\n\n1. Rain falls on the hills.\n2. Brooks meet, as `a + b` does.\n3. The plain slows them down.\n\n'
        || repeat(E'Where two of them meet, the greater one keeps its name, and the people quarrel over it. ', 5),
        md5(prompt.id || ':' || endpoint.id) || md5(endpoint.id || ':' || prompt.id), '{{}}', '{{}}', '{{}}', now()
    FROM prompts_prompt prompt, candidates_modelendpoint endpoint
    WHERE prompt.source_id = {source} AND endpoint.name LIKE 'load %';
INSERT INTO work_task (project_id, prompt_id, seats, taken, priority, position, seed, set_aside_reason, created_at)
    SELECT {project}, id, {seats}, 0, 0, (random() * 4e18)::bigint, (random() * 4e18)::bigint, '', now()
    FROM prompts_prompt WHERE source_id = {source};
INSERT INTO work_taskcandidate (task_id, response_id, ordinal)
    SELECT task.id, response.id, row_number() OVER (PARTITION BY task.id ORDER BY response.id) - 1
    FROM work_task task JOIN candidates_response response USING (prompt_id) WHERE task.project_id = {project};
"""
ANALYZE = "ANALYZE prompts_prompt, candidates_response, work_task, work_taskcandidate"


def project_with(*, tasks, name="Rank under load", overlap=1):
    """Open a ranking project under the form of table 3 with that many tasks of K = 4."""
    source = Source.objects.create(name=name)
    for number in range(1, 5):
        ModelEndpoint.objects.get_or_create(name=f"load {number}")
    owner = Owner.objects.create(key_hash=f"{source.pk:064x}", split="train")
    instructions = Instructions.objects.create(name=name)
    markdown = "Be *helpful*, **truthful** and harmless. " * 40
    InstructionsVersion.objects.create(instructions=instructions, number=1, markdown=markdown)
    project = Project.objects.create(
        name=name, state="open", form=Form.objects.get(key="instructgpt"), instructions=instructions, overlap=overlap
    )
    with connection.cursor() as cursor:
        facts = {"source": source.pk, "owner": owner.pk, "project": project.pk, "tasks": tasks, "seats": overlap}
        cursor.execute(TASKS.format(**facts, token=token_hex(8)))  # so that no cache knows a text of an earlier run
        cursor.execute(ANALYZE)
    return project


def labelers(number):
    """Return that many labelers of the training cohort, who sign in with PASSWORD."""
    emails = [f"hand{n}@attune.example" for n in range(number)]
    User.objects.bulk_create([User(email=email, password=str(HASHED)) for email in emails], ignore_conflicts=True)
    people = list(User.objects.filter(email__in=emails).order_by("pk"))
    EmailAddress.objects.bulk_create(
        [EmailAddress(user=person, email=person.email, verified=True, primary=True) for person in people],
        ignore_conflicts=True,
    )
    Group.objects.get(name="labeler").user_set.add(*people)
    CohortMembership.objects.bulk_create(
        [CohortMembership(labeler=person, cohort="training", admitted_at=timezone.now()) for person in people],
        ignore_conflicts=True,
    )
    return people


# Every row is one broken promise.
BOOKS = {
    "tasks over their overlap": """
        SELECT task.id FROM work_task task JOIN work_assignment held ON held.task_id = task.id
        WHERE task.project_id = %(project)s AND held.state IN ('open', 'submitted') AND NOT held.by_program
        GROUP BY task.id HAVING count(*) > task.seats""",
    "tasks miscounted": """
        SELECT task.id FROM work_task task WHERE task.project_id = %(project)s AND task.taken <> (
            SELECT count(*) FROM work_assignment held WHERE held.task_id = task.id
            AND held.state IN ('open', 'submitted') AND NOT held.by_program)""",
    "labelers miscounted": """
        SELECT stands.id FROM work_membership stands WHERE stands.project_id = %(project)s AND stands.taken <> (
            SELECT count(*) FROM work_assignment held WHERE held.project_id = stands.project_id
            AND held.labeler_id = stands.labeler_id AND held.state IN ('open', 'submitted'))""",
    "repeats to one person": """
        SELECT task_id FROM work_assignment WHERE project_id = %(project)s GROUP BY task_id, labeler_id
        HAVING count(*) > 1""",
    "sheets with two labels": """
        SELECT label.assignment_id FROM labels_label label JOIN work_assignment sheet ON sheet.id = label.assignment_id
        WHERE sheet.project_id = %(project)s GROUP BY label.assignment_id HAVING count(*) > 1""",
    "labels half stored": """
        SELECT label.id FROM labels_label label JOIN work_assignment sheet ON sheet.id = label.assignment_id
        WHERE sheet.project_id = %(project)s AND (sheet.state <> 'submitted'
            OR (SELECT count(*) FROM labels_rating WHERE label_id = label.id) <> 4
            OR (SELECT count(*) FROM labels_answer WHERE label_id = label.id) <> 44
            OR (SELECT count(*) FROM labels_place JOIN labels_ranking ranking ON ranking.id = ranking_id
                WHERE ranking.label_id = label.id) <> 4)""",
    "submitted without a label": """
        SELECT sheet.id FROM work_assignment sheet WHERE sheet.project_id = %(project)s AND sheet.state = 'submitted'
        AND NOT EXISTS (SELECT FROM labels_label WHERE assignment_id = sheet.id)""",
    "acknowledged and lost": """
        SELECT sheet FROM unnest(%(acknowledged)s::uuid[]) sheet
        WHERE NOT EXISTS (SELECT FROM labels_label WHERE assignment_id = sheet)""",
}


def broken_promises(project, acknowledged):
    """Recount everything a submission promises; return {promise: how many were broken}, zeros included."""
    counted = {}
    with connection.cursor() as cursor:
        for promise, question in BOOKS.items():
            cursor.execute(question, {"project": project.pk, "acknowledged": [str(sheet) for sheet in acknowledged]})
            counted[promise] = len(cursor.fetchall())
    return counted


# As the queue serves them: in its order, and the cursor where the last one stood.
DONE = """
WITH served AS (
    SELECT id, priority, position FROM work_task WHERE project_id = %(project)s
    ORDER BY priority DESC, position DESC LIMIT %(number)s
), seated AS (
    UPDATE work_task task SET taken = taken + 1 FROM served WHERE task.id = served.id
), stands AS (
    INSERT INTO work_membership (project_id, labeler_id, cursor_priority, cursor_position, taken, joined_at)
    SELECT %(project)s, %(labeler)s, priority, position, %(number)s, now() FROM served
    ORDER BY priority, position LIMIT 1
)
INSERT INTO work_assignment (id, task_id, project_id, labeler_id, state, purpose, cohort, by_program, form_version_id,
        instructions_version_id, leased_at, lease_until, closed_at, skip_reason)
    SELECT gen_random_uuid(), served.id, %(project)s, %(labeler)s, 'submitted', 'training', 'training', false,
        (SELECT max(id) FROM guidelines_formversion WHERE form_id = project.form_id),
        (SELECT max(id) FROM guidelines_instructionsversion WHERE instructions_id = project.instructions_id),
        now(), now(), now(), ''
    FROM served, work_project project WHERE project.id = %(project)s
"""


def has_done(labeler, project, number):
    """Let the labeler have been served the first `number` tasks and have handed all of them in (without labels)."""
    with connection.cursor() as cursor:
        cursor.execute(DONE, {"labeler": labeler.pk, "project": project.pk, "number": number})
        cursor.execute(f"{ANALYZE}, work_assignment")
