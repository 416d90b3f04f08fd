"""How will the demonstration read, and how many examples are there? What its buttons do, with scripts and without."""

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from labeling import markdown
from labeling.labels import demonstrating, demonstration_sheets
from labeling.labels.views import CLOSED, around, keep, own_assignment, warn_of_newer
from labeling.labels.waiting import words_wait
from labeling.people.access import labeler_required, posted_from
from labeling.work.models import Kind


@never_cache
@words_wait(taken_up_at="labels:take-up")
@labeler_required
@posted_from("labels:sheet", "assignment_id")
def preview(request, assignment_id):
    """Give the script that asks for it the text as it will read; else the sheet as the button pressed wants it."""
    assignment = own_assignment(request.user, assignment_id)
    if assignment.project.kind != Kind.DEMONSTRATION:
        raise Http404
    pressed = request.POST.get("do", "")
    if pressed == "render":
        return HttpResponse(_rendered(request.POST.get("text", "")))
    if assignment.state in CLOSED:
        return redirect("labels:sheet", assignment.pk)
    body = demonstrating.from_form(request.POST, sheet=demonstrating.asked(assignment))
    demonstrating.change_examples(body, pressed)
    kept, is_newest = keep(request, assignment, body)
    if not is_newest:
        warn_of_newer(request)
    shown = demonstration_sheets.sheet_of(kept, body=body, preview=pressed == "preview")
    template = "labels/demonstration.html"
    template = f"{template}#sheet" if request.htmx else template
    return render(request, template, {"sheet": shown, **around(kept)}, status=200 if is_newest else 409)


def _rendered(text):
    if demonstrating.is_blank(text):
        return format_html('<p class="empty">{}</p>', _("Nothing is written yet."))
    return markdown.render_passing(text[: demonstrating.LONGEST_TEXT])
