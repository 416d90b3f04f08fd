from django.apps import AppConfig
from django.db.models.signals import post_save
from django.utils.translation import gettext_lazy as _


class ScreeningConfig(AppConfig):
    name = "labeling.screening"
    verbose_name = _("Screening")

    def ready(self):
        from labeling.people.models import CohortMembership

        post_save.connect(end_tests, sender=CohortMembership, dispatch_uid="end_tests")


def end_tests(sender, instance, created, **kwargs):
    """Held-out labelers are held out because they take no test: one that is under way when they join is left."""
    from labeling.people.models import Cohort
    from labeling.screening import taking

    if created and instance.cohort == Cohort.HELD_OUT:
        taking.leave_all(applicant=instance.labeler)
