from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class WorkConfig(AppConfig):
    name = "labeling.work"
    verbose_name = _("Work")

    def ready(self):
        from labeling.people.consenting import withdrawn

        withdrawn.connect(release_sheets, dispatch_uid="release_sheets")


def release_sheets(sender, person, **kwargs):
    """Whoever takes their consent back holds no sheet any more; their drafts stay."""
    from labeling.work import queue

    queue.expire_of(labeler=person)
