"""What may a text that nobody vouches for do to the page? Be read, and nothing else."""

import re

import pytest

from labeling import markdown

HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<a href='javascript:alert(1)'>x</a>",
    "</textarea></form><form action=https://evil.example>",
    "[x](javascript:alert(1)) [y](JaVaScRiPt:1) [z](vbscript:1) [w](data:text/html,<script>1</script>)",
    "[x]: javascript:alert(1)\n[x]",
    "![x](https://evil.example/x.png)",
    '```"><script>alert(1)</script>\nx\n```',
    '```python" onmouseover="alert(1)\nx\n```',
    "```html\n<script>alert(1)</script>\n```",
    "| a |\n|--|\n| <b onclick=alert(1)> |",
    "{% csrf_token %} {{ settings.SECRET_KEY }}",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_text_is_only_shown(text):
    html = markdown.render(text)

    assert set(re.findall(r"<([a-z0-9]+)", html)) <= markdown.TAGS - {"div"}
    assert set(re.findall(r"<[a-z0-9]+ ([a-z]+)=", html)) <= {"class", "href"}
    assert re.findall(r'href="(?!https://evil.example/x.png")', html) == []


def test_characters_that_turn_the_direction_are_spelled_out():
    assert markdown.render("a\u202eb") == "<p>a⟦U+202E⟧b</p>\n"


def test_code_is_coloured():
    assert '<span class="nb">print</span>' in markdown.render("```python\nprint(1)\n```")


def test_code_that_would_take_long_to_colour_is_shown_plain():
    words = "a\n" * 9_000

    assert markdown.render(f"```csharp\n{words}```") == f'<pre><code class="language-csharp">{words}</code></pre>\n'


def test_a_very_long_text_is_shown_as_it_is():
    html = markdown.render("**a** <b>\n" * 6_000)

    assert html.startswith("<p>**a** &lt;b&gt;<br>**a** &lt;b&gt;<br>")
