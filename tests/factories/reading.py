"""Who has read the instructions? In most tests everybody has: they are about what comes after."""

from labeling.work.models import Membership, Project


def has_read(person):
    """Let `person` have read the newest instructions of every project that is there."""
    for project in Project.objects.select_related("instructions"):
        Membership.objects.update_or_create(
            project=project, labeler=person, defaults={"acknowledged_instructions": project.instructions.newest()}
        )
