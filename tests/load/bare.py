"""What would a bare Django view cost that reads and writes what a submission does? The yardstick of bench_labeling.

The same rows, read and written in plain SQL by one view behind Django's session and CSRF middlewares, under the same
server: no ORM, no forms, no checks, no Markdown, no templates. It answers with the next sheet as about as many bytes.
"""

import os
from datetime import timedelta
from html import escape

import django
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.db import connection, transaction
from django.http import HttpResponse, HttpResponseRedirect
from django.middleware.csrf import get_token
from django.urls import path
from django.utils import timezone

from labeling.settings import database

settings.configure(
    SECRET_KEY=os.environ["SECRET_KEY"],
    ALLOWED_HOSTS=["127.0.0.1"],
    DATABASES={"default": database(os.environ["DATABASE_URL"])},
    INSTALLED_APPS=[
        *(f"django.contrib.{app}" for app in ("contenttypes", "auth", "sessions")),
        "pgtrigger",
        "pghistory",
        *(f"labeling.{room}" for room in ("people", "prompts", "candidates", "guidelines", "work")),
    ],
    AUTH_USER_MODEL="people.User",
    MIDDLEWARE=[
        "django.middleware.security.SecurityMiddleware",
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
    ],
    ROOT_URLCONF=__name__,
    USE_TZ=True,
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
)
django.setup()

# The queue's own statement: there is no cheaper one that keeps its promises.
from labeling.work.leasing import WANTING_HANDS, lease_statement  # noqa: E402

BYTES = int(os.environ.get("BARE_BYTES", "30000"))
LETTERS = "ABCD"

WHO = "SELECT id, email, is_active, pseudonym_key FROM people_user WHERE id = %s"
ROLES = """
SELECT name FROM auth_group JOIN people_user_groups ON group_id = auth_group.id WHERE people_user_groups.user_id = %s
"""
SHEET = """
SELECT sheet.state, sheet.form_version_id, project.id, project.lease_minutes, prompt.messages, prompt.tags,
    told.markdown
FROM work_assignment sheet JOIN work_project project ON project.id = sheet.project_id
JOIN work_task task ON task.id = sheet.task_id JOIN prompts_prompt prompt ON prompt.id = task.prompt_id
JOIN guidelines_instructionsversion told ON told.id = sheet.instructions_version_id
WHERE sheet.id = %s AND sheet.labeler_id = %s
"""
SLOTS = """
SELECT slot.id, slot.place, response.text FROM work_slot slot
JOIN work_taskcandidate candidate ON candidate.id = slot.candidate_id
JOIN candidates_response response ON response.id = candidate.response_id
WHERE slot.assignment_id = %s ORDER BY slot.place
"""
QUESTIONS = "SELECT id, key FROM guidelines_question WHERE version_id = %s AND scale = 'binary' ORDER BY position"
CLOSE = "UPDATE work_assignment SET state = 'submitted', closed_at = %s WHERE id = %s AND state = 'open'"
LABEL = "INSERT INTO labels_label (assignment_id, revision, seconds, submitted_at) VALUES (%s, 1, %s, %s) RETURNING id"
RATINGS = """
INSERT INTO labels_rating (label_id, slot_id, overall_quality, notes)
SELECT %s, slot, quality, note FROM unnest(%s::bigint[], %s::smallint[], %s::text[]) said (slot, quality, note)
RETURNING id
"""
ANSWERS = """
INSERT INTO labels_answer (label_id, rating_id, question_id, is_na, yes)
SELECT %s, rating, question, said IS NULL, said
FROM unnest(%s::bigint[], %s::bigint[], %s::boolean[]) answer (rating, question, said)
"""
RANKING = "INSERT INTO labels_ranking (label_id, was_arranged) VALUES (%s, false) RETURNING id"
PLACES = """
INSERT INTO labels_place (ranking_id, slot_id, rank)
SELECT %s, slot, rank FROM unnest(%s::bigint[], %s::smallint[]) stood (slot, rank)
"""
LINE = """
SELECT id, cursor_priority, cursor_position FROM work_membership WHERE labeler_id = %s AND project_id = %s FOR UPDATE
"""
JOIN = "INSERT INTO work_membership (labeler_id, project_id, joined_at) VALUES (%s, %s, now()) ON CONFLICT DO NOTHING"
DRAFT = "SELECT body FROM work_draft WHERE assignment_id = %s"
HELD = "SELECT id FROM work_assignment WHERE labeler_id = %s AND project_id = %s AND state = 'open'"
DONE = "SELECT count(*) FROM work_assignment WHERE labeler_id = %s AND project_id = %s AND state = 'submitted'"


def ask(question, *params):
    with connection.cursor() as cursor:
        cursor.execute(question, params)
        return cursor.fetchall() if cursor.description else cursor.rowcount


def signed_in(request):
    (person,) = ask(WHO, request.session["_auth_user_id"])
    ask(ROLES, person[0])
    return person


def start(request, project_id):
    return HttpResponseRedirect(f"/sheets/{leased(signed_in(request), project_id)}/")


def sheet(request, sheet_id):
    get_token(request)
    return page(sheet_id, signed_in(request))


def submit(request, sheet_id):
    person = signed_in(request)
    (found,) = ask(SHEET, sheet_id, person[0])
    slots = ask(SLOTS, sheet_id)
    questions = ask(QUESTIONS, found[1])
    with transaction.atomic():
        if ask(CLOSE, timezone.now(), sheet_id):
            store(sheet_id, request.POST, slots, questions)
        ask("DELETE FROM work_draft WHERE assignment_id = %s", sheet_id)
    following = leased(person, found[2])
    if following is None:
        return HttpResponse(headers={"HX-Redirect": "/"})
    answer = page(following, person)
    answer["HX-Push-Url"] = f"/sheets/{following}/"
    return answer


def store(sheet_id, form, slots, questions):
    ((label,),) = ask(LABEL, sheet_id, int(form["seconds"]), timezone.now())
    keys = [slot[0] for slot in slots]
    notes = [form.get(f"{letter}-notes", "") for letter in LETTERS]
    ratings = ask(RATINGS, label, keys, [int(form[f"{letter}-overall_quality"]) for letter in LETTERS], notes)
    said = [
        (rating[0], question, {"yes": True, "no": False}.get(form[f"{letter}-{key}"]))
        for letter, rating in zip(LETTERS, ratings, strict=True)
        for question, key in questions
    ]
    ask(ANSWERS, label, *map(list, zip(*said, strict=True)))
    ((ranking,),) = ask(RANKING, label)
    ask(PLACES, ranking, keys, [int(form[f"{letter}-rank"]) for letter in LETTERS])


def leased(person, project_id):
    """The sheet that is held already, else the next past the cursor; None at the end."""
    with transaction.atomic():
        if not (line := ask(LINE, person[0], project_id)):
            ask(JOIN, person[0], project_id)
            line = ask(LINE, person[0], project_id)
        ((membership, priority, position),) = line
        held = ask(HELD, person[0], project_id)
        return held[0][0] if held else lease(person, project_id, membership, priority, position)


def lease(person, project_id, membership, priority, position):
    now = timezone.now()
    known = {
        "project": project_id, "labeler": person[0], "membership": membership,
        "by_program": False, "order_key": str(person[3]), "priority": priority, "position": position,
        "by_the_cursor": True,
        "now": now, "lease_until": now + timedelta(hours=1),
    }  # fmt: skip
    with connection.cursor() as cursor:
        statement = lease_statement(WANTING_HANDS, is_under_way=priority is not None, locked_rows="SKIP LOCKED")
        cursor.execute(statement, known)
        found = cursor.fetchone()
    return found and found[0]


def page(sheet_id, person):
    (found,) = ask(SHEET, sheet_id, person[0])
    texts = [escape(text) for _key, _place, text in ask(SLOTS, sheet_id)]
    ask(DRAFT, sheet_id)
    ask(DONE, person[0], found[2])
    return HttpResponse("".join(texts).ljust(BYTES))


urlpatterns = [
    path("projects/<int:project_id>/start/", start),
    path("sheets/<uuid:sheet_id>/", sheet),
    path("sheets/<uuid:sheet_id>/submit/", submit),
]
application = get_wsgi_application()
