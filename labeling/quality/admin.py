"""What is right, and what was graded? To be read; the pages of screening make them."""

from django.contrib import admin

from labeling.people.only_shown import Inside
from labeling.quality.models import Gold, Grade
from labeling.work.blinding import Blind


@admin.register(Gold)
class GoldAdmin(Inside):
    list_display = ("task", "label", "set_at", "set_by")
    list_select_related = ("task__project", "task__prompt", "label", "set_by")


@admin.register(Grade)
class GradeAdmin(Blind, Inside):
    work = "label__assignment__"
    list_display = ("label", "score", "graded_at", "graded_by")
    list_select_related = ("label", "graded_by")
