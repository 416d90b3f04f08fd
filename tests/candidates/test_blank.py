"""Is a response blank for the database exactly when it is for Python?"""

import sys

import pytest

from labeling.candidates.models import Response
from tests.factories import PromptFactory, ResponseFactory

pytestmark = pytest.mark.django_db


def test_a_response_of_white_space_alone_is_empty_whichever_it_is():
    prompt = PromptFactory()
    white = [character for character in map(chr, range(1, sys.maxunicode + 1)) if character.isspace()]
    for sample, text in enumerate(["", *white, "".join(white), "\u200b", "\ufeff", " a ", "\u00a0a"]):
        ResponseFactory(prompt=prompt, endpoint=None, sample=sample, text=text)

    said = Response.objects.values_list("text", "is_empty")

    assert dict(said) == {text: not text.strip() for text, _is_empty in said}
    assert len(white) == 29
