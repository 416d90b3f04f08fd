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


def scripts_of(template):
    """Return the scripts of our own that a page loads: those it names and those of the pages it is built on."""
    text = template.read_text()
    named = re.findall(r"<script src=\"{% static '([^']+)' %}\"", text)
    below = re.search(r'{% extends "([^"]+)" %}', text)
    if below and ("{{ block.super }}" in text or "{% block scripts %}" not in text):
        named += scripts_of(ROOT / "templates" / below[1]) if (ROOT / "templates" / below[1]).exists() else []
    return named


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_page_loads_more_than_25_kb_of_our_scripts(template):
    assert sum((ROOT / "static" / script).stat().st_size for script in scripts_of(template)) <= 25 * 1024


def test_every_script_of_ours_is_loaded_by_some_page():
    loaded = {script for template in TEMPLATES for script in scripts_of(template)}

    assert {f"js/{script.name}" for script in (ROOT / "static/js").glob("*.js")} == loaded


def test_nothing_is_fetched_from_another_host():
    sources = [*TEMPLATES, *(ROOT / "static").rglob("*.css"), *(ROOT / "static").rglob("*.js")]

    assert [path for path in sources if re.search(r"(src|href|url\()\s*=?\s*[\"']?https?://", path.read_text())] == []
