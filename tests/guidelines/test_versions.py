"""How do questions and instructions change? By a new version."""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError

from labeling.guidelines import versions
from labeling.guidelines.instructgpt import QUESTIONS
from labeling.guidelines.models import Choice, Form, Question
from labeling.work import queue
from tests.factories import SHORT_FORM, FormVersionFactory, InstructionsFactory, TaskFactory

pytestmark = pytest.mark.django_db

LIKERT = {"key": "tone", "wording": "Tone", "scale": "likert", "minimum": 0, "maximum": 4}
OVERALL = LIKERT | {"key": "overall_quality", "minimum": 1, "maximum": 7}
BINARY = {"key": "fails_task", "wording": "Fails", "scale": "binary"}
CHOICE = {
    "key": "topic",
    "wording": "Topic",
    "scale": "choice",
    "choices": [{"key": "law", "label": "Law"}, {"key": "art", "label": "Art"}],
}


def test_versions_of_a_form_are_numbered_and_the_old_one_stays(rita):
    form = FormVersionFactory().form

    version = versions.new_form_version(form=form, questions=[BINARY, CHOICE], by=rita)

    assert (version.number, version.created_by, form.newest()) == (2, rita, version)
    assert list(version.questions.values_list("position", "key")) == [(0, "fails_task"), (1, "topic")]
    choices = Choice.objects.filter(question__version=version)
    assert list(choices.values_list("position", "key", "label")) == [(0, "law", "Law"), (1, "art", "Art")]
    assert form.versions.get(number=1).questions.count() == len(SHORT_FORM)


def test_a_new_form_comes_with_its_first_version(rita):
    form = versions.new_form(key="tone", title="Tone", questions=[LIKERT], by=rita)

    assert (form.newest().number, form.newest().questions.get().maximum) == (1, 4)


def test_the_questions_of_table_3_are_a_form_without_fault():
    versions.check_questions(QUESTIONS)


@pytest.mark.parametrize(
    ("questions", "sentence"),
    [
        ([], "A form asks at least one question."),
        ([BINARY, BINARY], "Two questions have the key “fails_task”; each needs its own."),
        ([BINARY | {"scale": "stars"}], "Question “fails_task” has no scale that we know."),
        (
            [BINARY | {"per": "page"}],
            "Question “fails_task” is asked of each response or of the prompt, nothing else.",
        ),
        ([BINARY | {"good_answer": "maybe"}], "Question “fails_task” has a good answer that we do not know."),
        ([LIKERT | {"maximum": 0}], "The Likert scale of “tone” needs a lowest and a higher highest number."),
        ([LIKERT | {"minimum": None}], "The Likert scale of “tone” needs a lowest and a higher highest number."),
        (
            [LIKERT | {"maximum": 100}],
            "The Likert scale of “tone” has more than 11 points, which nobody can tell apart.",
        ),
        (
            [BINARY | {"minimum": 0, "maximum": 1}],
            "Question “fails_task” has a range of numbers, but only Likert scales use one.",
        ),
        ([CHOICE | {"choices": []}], "Question “topic” must offer at least two choices."),
        (
            [BINARY | {"choices": CHOICE["choices"]}],
            "Question “fails_task” offers choices, but its scale has none.",
        ),
        ([CHOICE | {"choices": CHOICE["choices"][:1] * 2}], "Two choices of question “topic” have the same key."),
        ([LIKERT | {"good_answer": "yes"}], "Question “tone” has a good answer that its scale does not offer."),
        ([BINARY | {"good_answer": "low"}], "Question “fails_task” has a good answer that its scale does not offer."),
        (
            [BINARY | {"key": "rank"}],
            "No question can have the key “rank”: the sheet has a field of that name already.",
        ),
        (
            [CHOICE | {"choices": [*CHOICE["choices"], {"key": "na", "label": "None"}]}],
            "A choice of question “topic” has the key “na”, which means “not applicable”.",
        ),
        (
            [LIKERT | {"key": "overall_quality"}],
            "The question “overall_quality” is a Likert scale from 1 to 7, asked of each response.",
        ),
        (
            [OVERALL | {"allows_na": True}],
            "The question “overall_quality” always applies. To let labelers leave it open, do not require it.",
        ),
        (
            [BINARY | {"key": "title", "per": "prompt"}],
            "No question can have the key “title”: the sheet has a field of that name already.",
        ),
    ],
)
def test_a_fault_is_said_in_a_sentence_and_nothing_is_stored(questions, sentence, rita):
    form = FormVersionFactory().form

    with pytest.raises(ValidationError) as refusal:
        versions.new_form_version(form=form, questions=questions, by=rita)

    assert refusal.value.messages == [sentence]
    assert form.newest().number == 1


def test_all_faults_are_said_at_once(rita):
    with pytest.raises(ValidationError) as refusal:
        versions.check_questions([LIKERT | {"maximum": 0}, CHOICE | {"choices": []}])

    assert len(refusal.value.messages) == 2


def test_the_database_wants_a_range_of_a_likert_scale():
    version = FormVersionFactory(questions=[])

    with pytest.raises(IntegrityError, match="likert_has_a_range"):
        Question.objects.create(version=version, position=0, key="tone", wording="Tone", scale="likert")


@pytest.mark.parametrize(
    ("fields", "fact"),
    [
        (LIKERT | {"maximum": None}, "only_likert_has_a_range_and_within_100"),
        (LIKERT | {"maximum": 101}, "only_likert_has_a_range_and_within_100"),
        (BINARY | {"minimum": 0, "maximum": 1}, "only_likert_has_a_range_and_within_100"),
        (LIKERT | {"key": "overall_quality"}, "overall_quality_is_asked_from_1_to_7"),
        (OVERALL | {"allows_na": True}, "overall_quality_always_applies"),
        (BINARY | {"good_answer": "high"}, "good_answer_is_one_of_the_scale"),
        (BINARY | {"scale": "stars"}, "question_scale_is_known"),
        (BINARY | {"per": "page"}, "question_is_of_response_or_prompt"),
    ],
)
def test_the_database_refuses_questions_that_cannot_be_answered(fields, fact):
    version = FormVersionFactory(questions=[])

    with pytest.raises(IntegrityError, match=fact):
        Question.objects.create(version=version, position=0, **fields)


def test_two_choices_do_not_stand_in_one_place():
    question = Question.objects.create(version=FormVersionFactory(questions=[]), position=0, key="t", scale="choice")
    Choice.objects.create(question=question, position=0, key="law", label="Law")

    with pytest.raises(IntegrityError, match="choices_stand_in_order"):
        Choice.objects.create(question=question, position=0, key="art", label="Art")


def test_a_version_is_pinned_by_the_first_sheet_leased_under_it(ann):
    task = TaskFactory()
    version = task.project.form.newest()
    assert not versions.is_pinned(version)

    queue.next_assignment(labeler=ann, project=task.project)

    assert versions.is_pinned(version)
    assert versions.is_pinned(task.project.instructions.newest())


def test_sheets_leased_after_a_new_version_ask_its_questions(ann, bob, rita):
    task = TaskFactory(project__overlap=2)
    before = queue.next_assignment(labeler=ann, project=task.project)
    version = versions.new_form_version(form=task.project.form, questions=[BINARY], by=rita)

    after = queue.next_assignment(labeler=bob, project=task.project)

    before.refresh_from_db()
    assert (before.form_version.number, after.form_version) == (1, version)


def test_versions_of_instructions_are_numbered(rita):
    instructions = InstructionsFactory()

    version = versions.new_instructions(instructions=instructions, markdown="*Anew*.", by=rita)

    assert (version.number, version.created_by, instructions.newest()) == (2, rita, version)


def test_instructions_are_never_empty(rita):
    with pytest.raises(ValidationError, match="Write instructions: they are what labelers judge by"):
        versions.new_instructions(instructions=InstructionsFactory(), markdown=" \n", by=rita)


def test_two_forms_cannot_have_one_key(rita):
    versions.new_form(key="tone", title="Tone", questions=[LIKERT], by=rita)

    with pytest.raises(ValidationError):
        versions.new_form(key="tone", title="Another", questions=[LIKERT], by=rita)

    assert Form.objects.filter(key="tone").count() == 1
