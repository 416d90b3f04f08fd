"""Who has been asked, and what have people said as a whole? Single answers are shown to nobody."""

from django.contrib import admin
from django.shortcuts import render
from django.urls import path
from django.utils.translation import gettext as _

from labeling.people.access import researcher_required
from labeling.people.only_shown import OnlyShown
from labeling.surveys import totals
from labeling.surveys.models import Asked, Satisfaction
from labeling.work.models import Project


@admin.register(Asked)
class AskedAdmin(OnlyShown):
    list_display = ("person", "survey", "project", "quarter")
    list_filter = ("survey", "quarter")
    list_select_related = ("person", "project")
    search_fields = ("person__email", "person__name")
    ordering = ("-quarter", "person__email")
    change_list_template = "admin/surveys/asked/change_list.html"

    def get_urls(self):
        page = self.admin_site.admin_view(researcher_required(shown))
        return [path("totals/", page, name="surveys_totals"), *super().get_urls()]


def shown(request):
    """Satisfaction by project and quarter, and who the people are, as far as five or more said so."""
    spoken_of = Satisfaction.objects.order_by().values("project").distinct()
    context = admin.site.each_context(request) | {
        "title": _("What people say"),
        "demographics": totals.demographics(),
        "projects": [
            {"project": project, "quarters": totals.satisfaction(project)}
            for project in Project.objects.filter(pk__in=spoken_of)
        ],
    }
    return render(request, "admin/surveys/totals.html", context)
