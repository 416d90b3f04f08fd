"""What happens when a labeler has read the instructions? They go on to their sheet."""

from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from labeling.labels.views import own_assignment
from labeling.people.access import labeler_required
from labeling.work import acknowledging, queue


@labeler_required
@require_http_methods(["GET", "POST"])  # whoever had to sign in again meanwhile comes by GET, and is asked once more
def acknowledge(request, assignment_id):
    assignment = own_assignment(request.user, assignment_id)
    if request.method == "POST":
        acknowledging.acknowledge(assignment=assignment)
        queue.extend(assignment=assignment)
    return redirect("labels:sheet", assignment.pk)
