"""What was said of each response by itself, and by whom?"""

from collections import defaultdict
from dataclasses import dataclass
from functools import cache

import orjson
from django.db import connection

from labeling.candidates.models import EndpointRole
from labeling.datasets import choosing
from labeling.datasets.reading.records import ANSWERS, HEAD, OfOneLabel, as_it_is, in_batches, prompts_of
from labeling.labels.models import Rating as Rated
from labeling.people.pseudonyms import pseudonym


@dataclass(slots=True)
class Response:
    id: str
    model: str | None
    role: str
    sampling: orjson.Fragment
    text: str
    overall_quality: int | None
    answers: orjson.Fragment


@dataclass(slots=True)
class Rating(OfOneLabel):
    """One response as one labeler judged it. `likert` is {key: (answer, lowest, highest)}."""

    response: Response
    notes: str
    prompt_answers: orjson.Fragment
    likert: dict

    def likert_from_0_to(self, largest):
        """Return the answers on Likert scales, each brought from its own range to 0–`largest` and rounded."""
        said = {
            key: round((answer - lowest) * largest / (highest - lowest))
            for key, (answer, lowest, highest) in self.likert.items()
        }
        if self.response.overall_quality is not None:
            said["overall_quality"] = round((self.response.overall_quality - 1) * largest / 6)
        return said


def count(choice):
    return Rated.objects.filter(label__in=choosing.labels(choice)).count()


def batches(choice):
    """A task's labelers stand in the order of their pseudonym keys, and its responses in that of the candidates."""
    heads = (
        choosing.labels(choice)
        .order_by("assignment__task_id", "assignment__labeler__pseudonym_key")
        .values_list(*HEAD, named=True)
    )
    named = cache(pseudonym)
    for batch in in_batches(heads.iterator(chunk_size=200)):
        prompts = prompts_of({head.assignment__task__prompt_id for head in batch})
        ids = [head.pk for head in batch]
        said, of_prompts = _said(ids), about_prompts(ids)
        yield [
            Rating.of(
                head,
                prompts[head.assignment__task__prompt_id],
                named,
                response=response,
                notes=notes,
                prompt_answers=of_prompts.get(head.pk, NOTHING),
                likert=likert,
            )
            for head in batch
            for response, notes, likert in said[head.pk]
        ]


NOTHING = orjson.Fragment("{}")

RATINGS = f"""
{ANSWERS}, scaled AS (
    SELECT a.rating_id, json_object_agg(q.key, json_build_array(a.number, q.minimum, q.maximum))::text AS likert
    FROM labels_answer a JOIN guidelines_question q ON q.id = a.question_id
    WHERE a.label_id = ANY(%(labels)s) AND a.rating_id IS NOT NULL AND a.number IS NOT NULL
    GROUP BY a.rating_id
)
SELECT g.label_id, r.id, e.name, e.role, r.sampling::text, r.text, g.overall_quality, said.answers, g.notes, likert
FROM labels_rating g
JOIN work_slot s ON s.id = g.slot_id
JOIN work_taskcandidate c ON c.id = s.candidate_id
JOIN candidates_response r ON r.id = c.response_id
LEFT JOIN candidates_modelendpoint e ON e.id = r.endpoint_id
LEFT JOIN said ON said.rating_id = g.id
LEFT JOIN scaled ON scaled.rating_id = g.id
WHERE g.label_id = ANY(%(labels)s)
ORDER BY g.label_id, c.ordinal
"""  # noqa: S608  only our own words are put together here

# As of a response: what was not asked, because the prompt has none of its tags, is null. Writing asks everything.
ABOUT_PROMPTS = """
WITH each AS (
    SELECT a.label_id, q.key, q.position, CASE
        WHEN a.is_na THEN NULL
        WHEN a.yes IS NOT NULL THEN to_json(a.yes)
        WHEN a.number IS NOT NULL THEN to_json(a.number)
        WHEN a.chosen IS NOT NULL THEN CASE WHEN q.scale = 'choice' THEN to_json(a.chosen[1]) ELSE to_json(a.chosen) END
        ELSE to_json(a.text)
    END AS answer
    FROM labels_answer a JOIN guidelines_question q ON q.id = a.question_id
    WHERE a.label_id = ANY(%(labels)s) AND a.rating_id IS NULL
    UNION ALL
    SELECT l.id, q.key, q.position, NULL
    FROM labels_label l
    JOIN work_assignment s ON s.id = l.assignment_id
    JOIN work_project j ON j.id = s.project_id AND j.kind <> 'demonstration'
    JOIN guidelines_question q ON q.version_id = s.form_version_id AND q.per = 'prompt' AND q.applies_to_tags <> '{}'
    JOIN work_task t ON t.id = s.task_id
    JOIN prompts_prompt p ON p.id = t.prompt_id AND NOT p.tags && q.applies_to_tags
    WHERE l.id = ANY(%(labels)s)
    AND NOT EXISTS (SELECT FROM labels_answer a WHERE a.label_id = l.id AND a.question_id = q.id)
)
SELECT label_id, json_object_agg(key, answer ORDER BY position)::text FROM each GROUP BY label_id
"""


def _said(labels):
    """{label id: [(Response, notes, likert), …]}"""
    found = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(RATINGS, {"labels": labels})
        for label, id, model, role, sampling, text, quality, answers, notes, likert in cursor:
            response = Response(
                str(id),
                model,
                role or EndpointRole.HUMAN.value,
                as_it_is(sampling),
                text,
                quality,
                as_it_is(answers or "{}"),
            )
            found[label].append((response, notes, orjson.loads(likert or "{}")))
    return found


def about_prompts(labels):
    """{label id: the answers about its prompt, as JSON}"""
    with connection.cursor() as cursor:
        cursor.execute(ABOUT_PROMPTS, {"labels": labels})
        return {label: as_it_is(answers) for label, answers in cursor}
