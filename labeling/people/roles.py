"""What may each role touch? The table of permissions, room by room."""

from django.apps import apps as installed
from django.contrib.auth.management import create_permissions

from labeling.people.models import Role

SEE, ADD, CHANGE = "view", "add", "change"

# Researchers run the operation; only admins reach accounts. Labelers and engineers never see the admin.
RESEARCHERS = {
    "prompts": {"source", "import", "refusedrow", "owner", "prompt"},
    "candidates": {"modelendpoint", "response"},
    "guidelines": {"form", "formversion", "question", "choice", "instructions", "instructionsversion"},
    "work": {"project", "membership", "task", "taskcandidate", "assignment"},
    "datasets": {"datasetversion", "file"},
}
READ_ONLY = {"import", "refusedrow", "owner", "response", "taskcandidate", "assignment", "file"}


def grant_permissions(sender, using="default", apps=installed, **kwargs):
    """After every migration, give the groups exactly what the table says. Running it twice changes nothing."""
    if sender.label not in RESEARCHERS:
        return
    create_permissions(sender, verbosity=0, using=using, apps=apps)
    Group, Permission = apps.get_model("auth", "Group"), apps.get_model("auth", "Permission")
    for role in (Role.RESEARCHER, Role.ADMIN):
        group = Group.objects.using(using).filter(name=role).first()
        if group:
            group.permissions.add(
                *Permission.objects.using(using).filter(pk__in=_granted(sender.label, Permission, using))
            )


def _granted(room, Permission, using):
    wanted = {
        f"{verb}_{model}"
        for model in RESEARCHERS[room]
        for verb in ((SEE,) if model in READ_ONLY else (SEE, ADD, CHANGE))
    }
    return Permission.objects.using(using).filter(content_type__app_label=room, codename__in=wanted).values("pk")
