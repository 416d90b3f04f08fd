"""Do pairs leave only in shapes that can hold them?"""

from collections import Counter

import pytest

from tests.datasets.test_kinds import drawn, lines
from tests.factories import ProjectFactory, TaskFactory
from tests.factories.labels import rank

pytestmark = pytest.mark.django_db


def test_a_chat_is_no_question_of_webgpt_and_is_counted(ann):
    project = ProjectFactory(k=2)
    turns = [("user", "Who wrote Faust?"), ("assistant", "Goethe."), ("user", "When?")]
    rank(drawn(project, ["a", "b"], messages=[{"role": role, "content": text} for role, text in turns]), ann, "A > B")
    left_out = Counter()

    assert lines("comparisons", "webgpt", project, left_out=left_out) == []
    assert +left_out == {"rankings of prompts of several turns, which are no question": 1}


def test_a_side_of_no_break_spaces_alone_is_empty(ann):
    project = ProjectFactory(k=4)
    texts = ["\N{NO-BREAK SPACE}", "\N{IDEOGRAPHIC SPACE}\n", "c", "\x1f\u2028"]
    rank(TaskFactory(project=project, candidates=texts), ann, "A > B > C > D")
    left_out = Counter()

    assert lines("comparisons", "trl", project, left_out=left_out) == []
    assert +left_out == {"pairs with an empty side": 6}


def test_a_transcript_begins_with_a_person_or_is_left_out_and_counted(ann):
    project = ProjectFactory(k=2)
    turns = [{"role": "assistant", "content": "Hello."}, {"role": "user", "content": "Hi"}]
    rank(drawn(project, ["a", "b"], messages=turns), ann, "A > B")
    left_out = Counter()

    assert lines("comparisons", "hh", project, left_out=left_out) == []
    assert list((+left_out).values()) == [1]
