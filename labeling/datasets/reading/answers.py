"""What was answered, as JSON? PostgreSQL hands out numbers of questions with values; the forms are known here.

When it made objects in the order of the form itself, they were half of its work for a dataset.
"""

import orjson
from django.db import connection

from labeling.datasets.reading.records import NOTHING
from labeling.guidelines.models import Per, Scale
from labeling.labels.asking import applies, questions_of
from labeling.work.models import Kind

# Of each rating, and of each label about its prompt, "question:value" in lines of no order. A value is JSON, and so has
# no line break in it; the rule is that of Answer.value.
ANSWERS = """
SELECT label_id, rating_id, string_agg(question_id || CASE
    WHEN is_na THEN ':null'
    WHEN yes THEN ':true'
    WHEN NOT yes THEN ':false'
    ELSE ':' || coalesce(number::text, to_json(chosen)::text, to_json(text)::text)
END, E'\\n')
FROM labels_answer WHERE label_id = ANY(%s) GROUP BY label_id, rating_id
"""


class Answers:
    """What was answered on some sheets. `heads` are rows of HEAD; `form_of` is a cached Form."""

    def __init__(self, heads, form_of):
        self.form_of = form_of
        self.of_ratings, self.of_prompts = _lines_of([head.pk for head in heads])

    def of_rating(self, head, rating):
        """Return the answers of one response, whose rating has this id; without one there are none."""
        return NOTHING if rating is None else self._as_json(head, self.of_ratings.get(rating), Per.RESPONSE)

    def about_prompt(self, head):
        return self._as_json(head, self.of_prompts.get(head.pk), Per.PROMPT)

    def likert(self, head, rating):
        """Return {key: (answer, lowest, highest)} of the answers of one response on Likert scales."""
        return self.form_of(head.assignment__form_version_id).likert(self.of_ratings.get(rating))

    def _as_json(self, head, lines, per):
        # Whoever writes is asked everything.
        tags = None if head.assignment__project__kind == Kind.DEMONSTRATION else head.assignment__prompt_tags
        return self.form_of(head.assignment__form_version_id).as_json(lines, per=per, tags=tags)


class Form:
    """What one version of a form asks, and so what was answered to it."""

    def __init__(self, version_id):
        self.questions = {str(question.pk): question for question in questions_of(version_id)}
        self.conditional = [one for one in self.questions.values() if one.applies_to_tags and not one.is_overall]
        self.short = {line: piece for one in self.questions.values() for line, piece in _short_pieces(one)}

    def as_json(self, lines, *, per, tags):
        """Return the answers as one object, in the order of the form.

        What was not asked because the prompt had none of its `tags` is null, and what was left open is not there. Tags
        are None where everything is asked.
        """
        said = lines.split("\n") if lines else []
        if self.conditional and tags is not None:
            said += self._unasked(said, per, tags)
        short = self.short
        pieces = sorted([short[one] if one in short else self._long_piece(one) for one in said])
        return orjson.Fragment("{" + ",".join([text for _position, text in pieces]) + "}")

    def likert(self, lines):
        """Return {key: (answer, lowest, highest)} of the answers on Likert scales."""
        said = [one.split(":", 1) for one in lines.split("\n")] if lines else []
        answered = [(self.questions[number], value) for number, value in said if value != "null"]
        return {
            question.key: (int(value), question.minimum, question.maximum)
            for question, value in answered
            if question.scale == Scale.LIKERT
        }

    def _unasked(self, said, per, tags):
        answered = {one.partition(":")[0] for one in said}
        return [
            f"{question.pk}:null"
            for question in self.conditional
            if question.per == per and not applies(question, tags) and str(question.pk) not in answered
        ]

    def _long_piece(self, said):
        number, value = said.split(":", 1)
        question = self.questions[number]
        if question.scale == Scale.CHOICE:
            value = orjson.dumps(orjson.loads(value)[0]).decode()
        return _piece(question, value)


def _short_pieces(question):
    """Yield (what PostgreSQL says, the piece of JSON with its place in the form) for every answer of one word."""
    numbers = range(question.minimum, question.maximum + 1) if question.scale == Scale.LIKERT else ()
    for value in ("null", "true", "false", *numbers):
        yield f"{question.pk}:{value}", _piece(question, value)


def _piece(question, value):
    return question.position, f"{orjson.dumps(question.key).decode()}:{value}"


def _lines_of(labels):
    """({rating id: lines}, {label id: lines about its prompt})"""
    of_ratings, of_prompts = {}, {}
    with connection.cursor() as cursor:
        cursor.execute(ANSWERS, [labels])
        for label, rating, lines in cursor.fetchall():
            if rating is None:
                of_prompts[label] = lines
            else:
                of_ratings[rating] = lines
    return of_ratings, of_prompts
