"""What has changed from one version of a form to another?"""

import pytest

from labeling.guidelines import versions
from labeling.guidelines.changes import between
from tests.factories import FormVersionFactory

pytestmark = pytest.mark.django_db

TONE = {"key": "tone", "wording": "Tone", "scale": "likert", "minimum": 0, "maximum": 4}
FAILS = {"key": "fails_task", "wording": "Fails", "scale": "binary"}
TOPIC = {
    "key": "topic",
    "wording": "Topic",
    "scale": "choice",
    "choices": [{"key": "law", "label": "Law"}, {"key": "art", "label": "Art"}],
}


def changed(before, after):
    form = FormVersionFactory().form
    old, new = (versions.new_form_version(form=form, questions=asked, by=None) for asked in (before, after))
    return [
        (change.sentence, [(piece.kind, piece.text) for piece in change.pieces])
        for change in between(list(old.questions.all()), list(new.questions.all()))
    ]


def test_the_same_questions_have_not_changed():
    assert changed([TONE, TOPIC], [TONE, TOPIC]) == []


def test_questions_come_and_go():
    assert changed([TONE, FAILS], [FAILS, TOPIC]) == [
        ("“tone” is no longer asked.", []),
        ("“topic” is asked anew.", []),
    ]


def test_the_order_is_said():
    assert changed([TONE, FAILS], [FAILS, TONE]) == [("The questions stand in another order: fails_task, tone.", [])]


@pytest.mark.parametrize(
    ("before", "after", "sentence", "pieces"),
    [
        (
            FAILS,
            {"wording": "Fails the task"},
            "“fails_task”, wording:",
            [("same", "Fails"), ("added", " the task")],
        ),
        (FAILS, {"allows_na": True}, "“fails_task”, may be not applicable:", [("removed", "No"), ("added", "Yes")]),
        (TONE, {"maximum": 6}, "“tone”, highest number:", [("removed", "4"), ("added", "6")]),
        (TONE, {"per": "prompt"}, "“tone”, asked of:", [("removed", "each response"), ("added", "the prompt")]),
        (
            TONE,
            {"applies_to_tags": ["closed_domain"]},
            "“tone”, only for prompts tagged:",
            [("removed", "nothing"), ("added", "closed_domain")],
        ),
        (
            TOPIC,
            {"choices": [{"key": "law", "label": "The law"}, {"key": "art", "label": "Art"}]},
            "“topic”, choices:",
            [("same", "law: "), ("removed", "Law"), ("added", "The law"), ("same", "\nart: Art")],
        ),
    ],
)
def test_what_changed_in_a_question_is_said_with_its_words(before, after, sentence, pieces):
    assert changed([before], [before | after]) == [(sentence, pieces)]
