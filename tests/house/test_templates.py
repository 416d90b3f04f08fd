"""What the strict Content-Security-Policy would refuse is not in the templates, and the scripts stay small."""

import re
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
INLINE = re.compile(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=|\shx-on|javascript:", re.I)


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_template_carries_inline_script_or_style(template):
    assert INLINE.findall(template.read_text()) == []


def test_the_stylesheet_stays_under_40_kb():
    assert (ROOT / "static/css/attune.css").stat().st_size < 40 * 1024


def test_our_scripts_stay_under_25_kb_together():
    assert sum(script.stat().st_size for script in (ROOT / "static/js").glob("*.js")) <= 25 * 1024


def test_nothing_is_fetched_from_another_host():
    sources = [*TEMPLATES, *(ROOT / "static").rglob("*.css"), *(ROOT / "static").rglob("*.js")]

    assert [path for path in sources if re.search(r"(src|href|url\()\s*=?\s*[\"']?https?://", path.read_text())] == []
