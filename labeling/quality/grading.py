"""How good is what somebody wrote? Researchers grade it from 1 to 7, without knowing whose it is."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from labeling.labels.models import Label
from labeling.quality.models import Grade


@transaction.atomic
def grade(*, label, score, comment="", by, at_most=None):
    """Store what `by` thinks of a demonstration, in place of what they thought before; return the Grade.

    At most so many people grade it, if said. Raises ValidationError.
    """
    label = Label.objects.select_for_update(of=("self",)).select_related("assignment").get(pk=label.pk)
    if label.assignment.labeler_id == by.pk:
        raise ValidationError(_("Nobody grades what they wrote themselves."))
    if isinstance(score, bool) or not isinstance(score, int) or not 1 <= score <= 7:
        raise ValidationError({"score": _("A grade is a whole number from 1 to 7.")})
    others = Grade.objects.filter(label=label).exclude(graded_by=by).count()
    if at_most is not None and others >= at_most:
        raise ValidationError(_("Others have graded this one meanwhile. Here is the next."))
    fields = {"score": score, "comment": comment.strip(), "graded_at": timezone.now()}
    given, _new = Grade.objects.update_or_create(label=label, graded_by=by, defaults=fields)
    return given
