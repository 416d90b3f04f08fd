"""What is drawn once and filled in must say exactly what this sheet says, and nothing of the one before."""

import re
from dataclasses import replace
from uuid import uuid4

import pytest
from django.template import Context, Template
from django.utils.translation import override

from labeling.labels import sheets
from labeling.labels.templatetags import drawing


@pytest.fixture
def seen(sheet):
    return sheets.sheet_of(sheet)


@pytest.fixture
def answered(sheet, body):
    return sheets.sheet_of(sheet, body=body)


def drawn(seen):
    template = Template("{% load drawing %}{% cards sheet %}{% questions sheet.prompt_questions %}{% board sheet %}")
    return template.render(Context({"sheet": seen}))


def picked(html):
    return re.findall(r'<input type="radio" name="([^"]+)" value="([^"]+)" checked>', html)


def test_a_fresh_sheet_has_nothing_picked_and_nothing_ranked(seen):
    html = drawn(seen)
    assert picked(html) == []
    assert " selected" not in html


def test_every_answer_is_picked_and_every_rank_chosen(answered):
    html = drawn(answered)
    expected = [
        answer
        for letter, quality, fails in [("A", "5", "no"), ("B", "5", "no"), ("C", "1", "yes"), ("D", "7", "no")]
        for answer in [(f"{letter}-overall_quality", quality), (f"{letter}-fails_task", fails)]
    ]
    assert picked(html) == expected
    assert re.findall(r'<option value="(\d)" selected>', html) == ["2", "2", "3", "1"]


def test_every_letter_stands_in_the_group_of_its_rank(answered):
    html = drawing.board(answered)
    groups = re.findall(r'data-group="(\d?)">.*?<ol>(.*?)</ol>', html, re.DOTALL)
    chips = {rank: re.findall(r'data-chip="(\w)"', chips) for rank, chips in groups}
    assert chips == {"": [], "1": ["D"], "2": ["A", "B"], "3": ["C"], "4": []}


@pytest.mark.parametrize("rank", [[1], {"a": 1}, "2", 9, True, None])
def test_a_draft_with_nonsense_for_a_rank_is_still_shown(seen, rank):
    slot = replace(seen.slots[0], rank=rank)
    html = drawing.board(replace(seen, slots=[slot, *seen.slots[1:]]))
    assert html.count("data-chip") == len(seen.slots)


def test_a_sheet_leaves_nothing_behind_for_the_next(seen, answered):
    before = drawn(seen)
    drawn(answered)
    assert drawn(seen) == before


def test_texts_and_notes_are_escaped_and_kept_to_the_letter(seen):
    hostile = r"</textarea><script>alert(1)</script> \1 \g<0>"
    slot = replace(seen.slots[0], text=hostile, notes=hostile)
    html = drawn(replace(seen, slots=[slot, *seen.slots[1:]]))
    assert "<script>" not in html
    escaped = r"&lt;/textarea&gt;&lt;script&gt;alert(1)&lt;/script&gt; \1 \g&lt;0&gt;"
    assert html.count(escaped) == 2


def test_an_empty_response_is_said_in_words(seen):
    slot = replace(seen.slots[0], is_empty=True)
    assert "(empty response)" in drawn(replace(seen, slots=[slot, *seen.slots[1:]]))


def test_a_fault_stands_beside_its_response(seen):
    slot = replace(seen.slots[1], error="Response B is not ranked yet.")
    html = drawn(replace(seen, slots=[seen.slots[0], slot, *seen.slots[2:]]))
    assert '<p class="card-error" id="error-B">Response B is not ranked yet.</p>' in html
    assert html.count('aria-invalid="true"') == 1


def test_each_language_is_drawn_for_itself(sheet):
    with override("ko"):
        drawn(sheets.sheet_of(sheet))
    assert "Notes" in drawn(sheets.sheet_of(sheet))


def test_a_changed_wording_is_drawn_anew(seen):
    drawn(seen)
    question = replace(seen.slots[0].questions[0], wording="Another wording")
    slots = [replace(slot, questions=[question]) for slot in seen.slots]
    assert "Another wording" in drawn(replace(seen, slots=slots))


def test_no_blank_is_left_in_the_page(answered):
    assert "\0" not in drawn(answered)


def test_what_is_kept_stays_bounded(seen, monkeypatch):
    monkeypatch.setattr(drawing, "KEPT_AT_MOST", 2)
    for number in range(5):
        question = replace(seen.slots[0].questions[0], wording=f"Wording {number}")
        drawn(replace(seen, slots=[replace(slot, questions=[question]) for slot in seen.slots]))
    assert len(drawing._kept) <= 2


ONE, TWO = str(uuid4()), str(uuid4())
ALIKE = Template(
    "{% load drawing %}"
    "{% alike reopened %}{% url 'labels:skip' sheet.id %} {% csrf_token %}{{ reopened }}{% endalike %}"
)


def test_what_is_alike_on_every_sheet_has_the_number_and_the_token_of_each():
    html = [
        ALIKE.render(Context({"sheet": {"id": number}, "csrf_token": token, "reopened": False}))
        for number, token in ((ONE, "one"), (TWO, "<two>"))
    ]

    assert html == [
        f'/sheets/{number}/skip/ <input type="hidden" name="csrfmiddlewaretoken" value="{token}">False'
        for number, token in ((ONE, "one"), (TWO, "&lt;two&gt;"))
    ]


def test_what_differs_in_a_value_named_is_drawn_for_itself():
    said = {"sheet": {"id": ONE}, "csrf_token": "one"}

    html = [ALIKE.render(Context(said | {"reopened": reopened}))[-5:] for reopened in (True, False)]

    assert html == [">True", "False"]
