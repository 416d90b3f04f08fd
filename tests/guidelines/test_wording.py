"""What has changed between two texts, in words?"""

import pytest

from labeling.guidelines.wording import MOST_COMPARED, Piece, passages


def said(before, after):
    """The changes as one reads them: [-removed-] and {+added+}."""
    marks = {"same": "{}", "removed": "[-{}-]", "added": "{{+{}+}}"}
    return ["".join(marks[piece.kind].format(piece.text) for piece in passage) for passage in passages(before, after)]


@pytest.mark.parametrize(
    ("before", "after", "read"),
    [
        ("Be fair.", "Be fair.", []),
        ("Be fair.", "Be very fair.", ["Be{+ very+} fair."]),
        ("Rank the better first.", "Rank the more helpful first.", ["Rank the [-better-]{+more helpful+} first."]),
        ("One.\n", "One.\n\nTwo.\n", ["One.\n{+\nTwo.+}"]),
        ("One.\nTwo.\n", "One.\n", ["One.\n[-Two.-]"]),
        ("", "Something.", ["{+Something.+}"]),
        ("가장 나은 답을 먼저 두세요.", "더 나은 답을 먼저 두세요.", ["[-가장-]{+더+} 나은 답을 먼저 두세요."]),
    ],
)
def test_changes_read_as_words(before, after, read):
    assert said(before, after) == read


def test_two_changes_next_to_each_other_are_one():
    assert said("Mark the bad answers, please.", "Mark all good answers, please.") == [
        "Mark [-the bad-]{+all good+} answers, please."
    ]


def test_sentences_with_little_in_common_stand_one_after_the_other():
    assert said("Ties are fine.", "Never rank what you did not read to its end!") == [
        "[-Ties are fine.-]{+Never rank what you did not read to its end!+}"
    ]


def test_places_far_from_each_other_are_passages_of_their_own_with_a_line_around():
    lines = [f"Rule {number}." for number in range(9)]
    changed = [*lines[:1], "Rule one.", *lines[2:7], "Rule seven.", *lines[8:]]

    assert said("\n".join(lines), "\n".join(changed)) == [
        "Rule 0.\nRule [-1-]{+one+}.\nRule 2.",
        "Rule 6.\nRule [-7-]{+seven+}.\nRule 8.",
    ]


def test_a_text_without_end_is_exchanged_as_a_whole():
    long = "word " * MOST_COMPARED

    assert passages(long, f"{long}more") == [[Piece("removed", long), Piece("added", f"{long}more")]]
