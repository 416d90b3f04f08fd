"""Whose work is shown to people who run the operation? Not that of applicants, unless one may see accounts.

They are chosen by their codes alone. Their sheets under a pseudonym, beside who holds a qualification, which invitation
was used or what was submitted at which minute, would say whose code is whose.
"""

from django.contrib import admin
from django.db.models import Q

from labeling.people.naming import RIGHT
from labeling.work.models import Purpose


def without_applicants(rows, *, seen_by, work=""):
    """Leave what applicants did in their tests out of a queryset; what researchers did for the key stays.

    `work` leads from a row to its assignment, as in "label__assignment__". `seen_by` None may see no accounts.
    """
    if seen_by is not None and seen_by.has_perm(RIGHT):
        return rows
    return rows.exclude(Q(**{f"{work}project__purpose": Purpose.SCREENING, f"{work}labeler__is_staff": False}))


def is_of_an_applicant(assignment):
    return assignment.purpose == Purpose.SCREENING and not assignment.labeler.is_staff


class Blind(admin.ModelAdmin):
    """Its rows are those that one may look at. `work` as above."""

    work = ""

    def get_queryset(self, request):
        return without_applicants(super().get_queryset(request), seen_by=request.user, work=self.work)
