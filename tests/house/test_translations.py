"""Is everything said in Korean, with the same blanks to fill in, and does the compiled file say the same?"""

import ast
import re
from pathlib import Path

import polib
import pytest
from django.conf import settings
from django.utils.translation.template import templatize

ROOT = Path(settings.BASE_DIR)
FOLDER = ROOT / "labeling" / "locale" / "ko" / "LC_MESSAGES"
HOW_TO = "see the first lines of labeling/locale/ko/LC_MESSAGES/django.po"

MARKERS = {
    *("_", "gettext", "gettext_lazy", "gettext_noop", "ngettext", "ngettext_lazy"),
    *("pgettext", "pgettext_lazy", "npgettext", "npgettext_lazy"),
}
A_LITERAL = r"""u?(?:'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*")"""
A_CALL = re.compile(rf"\b(n?p?gettext|_)\(\s*({A_LITERAL})(?:\s*,\s*({A_LITERAL}))?")
A_BLANK = re.compile(r"%\(\w+\)[sd]|%%|\{\w+\}")


@pytest.fixture(scope="module")
def korean():
    return polib.pofile(FOLDER / "django.po")


def marked_in_code():
    """Yield (context, sentence) of every call that marks a literal; Python itself joins what is split over lines."""
    for path in sorted((ROOT / "labeling").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in MARKERS:
                said = [argument.value for argument in node.args if isinstance(argument, ast.Constant)]
                if said:
                    yield named(node.func.id, *said)


def marked_in_templates():
    """Yield (context, sentence) of every tag that marks one, as Django writes templates for gettext."""
    for path in sorted(path for path in (ROOT / "templates").rglob("*") if path.suffix in {".html", ".txt"}):
        for function, *literals in A_CALL.findall(templatize(path.read_text(), origin=path.name)):
            yield named(function, *(ast.literal_eval(literal) for literal in literals if literal))


def named(function, *said):
    return (said[0], said[1]) if "pgettext" in function else (None, said[0])


def sentences(entry):
    """Return the (English, Korean) pairs of an entry; Korean has one form for one and for many."""
    english = [entry.msgid, entry.msgid_plural] if entry.msgid_plural else [entry.msgid]
    return [(sentence, said) for sentence in english for said in entry.msgstr_plural.values() or [entry.msgstr]]


def test_what_is_marked_is_in_the_catalogue_and_nothing_else(korean):
    marked = {*marked_in_code(), *marked_in_templates()}
    known = {(entry.msgctxt, entry.msgid) for entry in korean}

    assert (marked - known, known - marked) == (set(), set()), HOW_TO


def test_every_sentence_is_translated_and_none_is_a_guess(korean):
    assert [entry.msgid for entry in korean if entry.fuzzy or not entry.translated()] == [], HOW_TO


def test_the_blanks_agree(korean):
    assert [
        (english, said)
        for entry in korean
        for english, said in sentences(entry)
        if sorted(A_BLANK.findall(english)) != sorted(A_BLANK.findall(said))
    ] == []


def test_spaces_at_the_ends_agree(korean):
    def ends(sentence):
        return sentence[: len(sentence) - len(sentence.lstrip())], sentence[len(sentence.rstrip()) :]

    pairs = [pair for entry in korean for pair in sentences(entry)]
    assert [(english, said) for english, said in pairs if ends(english) != ends(said)] == []


def test_a_translation_brings_no_markup_along(korean):
    """Templates print it as it is, into attributes too."""
    said = [said for entry in korean for _, said in sentences(entry)]
    assert [sentence for sentence in said if re.search("""[<>&"']""", sentence)] == []


def test_no_particle_hangs_on_a_blank(korean):
    """Which of 은/는, 이/가, 을/를 or 과/와 follows depends on how the blank ends, which nobody knows here."""
    said = [said for entry in korean for _, said in sentences(entry)]
    hanging = re.compile(r"(?:%\(\w+\)[sd]|\{\w+\})[”’)]?(?:은|는|이|가|을|를|과|와|으?로)(?![가-힣])")
    assert [sentence for sentence in said if hanging.search(sentence)] == []


def test_the_compiled_file_says_what_the_catalogue_says(korean):
    compiled = polib.mofile(FOLDER / "django.mo")

    assert {(entry.msgctxt, entry.msgid): sentences(entry) for entry in compiled} == {
        (entry.msgctxt, entry.msgid): sentences(entry) for entry in korean
    }, HOW_TO
