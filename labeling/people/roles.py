"""What may each role touch? The table of permissions, room by room; and what else follows from a role."""

from django.apps import apps as installed
from django.contrib.auth.management import create_permissions

from labeling.people.models import Role

SEE, ADD, CHANGE = "view", "add", "change"
ALL = (SEE, ADD, CHANGE)  # nothing is deleted in the admin: what labels rest on stays

# Researchers run the operation. Labelers, programs and engineers have no permission here and never see the admin.
RESEARCHERS: dict[str, dict] = {
    "people": {"invitation": ALL, "qualification": ALL, "qualified": ALL, "consenttext": (SEE, ADD)},
    "events": {},
    "prompts": {
        "source": ALL,
        "import": (SEE,),
        "refusedrow": (SEE,),
        "owner": (SEE,),
        "prompt": ALL,
        "finding": (SEE, CHANGE),  # found by the machine, decided by people
    },
    "candidates": {
        "modelendpoint": ALL,
        "generationjob": (SEE, ADD),
        "jobendpoint": (SEE,),
        "call": (SEE,),
        "response": (SEE,),
        "score": (SEE,),
    },
    "guidelines": {
        "form": ALL,
        "formversion": ALL,
        "question": ALL,
        "choice": ALL,
        "instructions": ALL,
        "instructionsversion": (SEE,),
    },
    "work": {
        "project": ALL,
        "invitee": ALL,
        "membership": (SEE,),
        "task": (SEE, CHANGE),  # tasks are drawn, not typed
        "taskcandidate": (SEE,),
        "assignment": (SEE,),
        "sheetflag": (SEE, CHANGE),  # resolved, not typed
    },
    "labels": {
        "label": (SEE,),
        "demonstration": (SEE,),
        "ranking": (SEE,),
        "place": (SEE,),
        "rating": (SEE,),
        "answer": (SEE,),
    },
    "quality": {"gold": (SEE,), "grade": (SEE,)},
    # Of attempts, decisions and who is behind them, the pages of screening show what may be seen.
    "screening": {"test": ALL, "section": ALL},
    "surveys": {},
    "datasets": {"datasetversion": ALL, "file": (SEE,)},
}
# Admins do all of that, and they alone reach accounts.
ADMINS: dict[str, dict] = RESEARCHERS | {
    "people": RESEARCHERS["people"]
    | {
        "user": ALL,
        "cohortmembership": (*ALL, "delete"),
        "cohortmembershipevent": (SEE,),
        "qualifiedevent": (SEE,),
        "consent": (SEE,),
        "invitationuse": (SEE,),
    },
    "mfa": {"authenticator": (SEE, "delete")},  # of whoever has lost their phone
    "events": {"mail": (SEE,), "webhookendpoint": (*ALL, "delete"), "webhookdelivery": (SEE,)},
    "screening": RESEARCHERS["screening"]
    | {
        "testevent": (SEE,),
        "attempt": (SEE,),
        "sitting": (SEE,),
        "result": (SEE,),
        "decision": (SEE,),
    },
    "surveys": {"asked": (SEE,)},
    "own_account": {"deletionrequest": (SEE, CHANGE)},
    "api": {"token": (SEE, ADD, "delete")},
}
PERMISSIONS = {Role.RESEARCHER: RESEARCHERS, Role.ADMIN: ADMINS}


def grant_permissions(sender, using="default", apps=installed, **kwargs):
    """After every migration, give the groups exactly what the tables say. Running it twice changes nothing."""
    if not any(sender.label in rooms for rooms in PERMISSIONS.values()):
        return
    create_permissions(sender, verbosity=0, using=using, apps=apps)
    groups = apps.get_model("auth", "Group").objects.using(using)
    permissions = apps.get_model("auth", "Permission").objects.using(using).filter(content_type__app_label=sender.label)
    for role, rooms in PERMISSIONS.items():
        group = groups.filter(name=role).first()
        if group:
            wanted = permissions.filter(codename__in=_codenames(rooms.get(sender.label, {})))
            group.permissions.remove(*permissions.exclude(pk__in=wanted))
            group.permissions.add(*wanted)


def _codenames(models):
    return {f"{verb}_{model}" for model, verbs in models.items() for verb in verbs}


def follow_roles(user):
    """Set what follows from the roles of `user`: who may open the admin, and who is a program."""
    names = set(user.groups.values_list("name", flat=True))
    user.is_staff = user.is_superuser or not names.isdisjoint(PERMISSIONS)
    user.is_program = Role.PROGRAM in names
    user.save(update_fields=["is_staff", "is_program"])
