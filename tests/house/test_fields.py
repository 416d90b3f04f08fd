"""Which columns hold something personal? Every field is in one of two lists, so that a new one is thought about."""

from django.apps import apps

from tests.house.fields import IMPERSONAL, PERSONAL

OURS = [model for model in apps.get_models() if model.__module__.startswith("labeling.")]


def columns(model):
    fields = [*model._meta.concrete_fields, *model._meta.local_many_to_many]
    return {f"{model._meta.label_lower}.{field.name}" for field in fields if not getattr(field, "primary_key", False)}


EVERY_FIELD = set().union(*map(columns, OURS))


def test_every_field_is_listed_as_personal_or_not():
    assert set() == EVERY_FIELD - PERSONAL - IMPERSONAL


def test_no_field_is_in_both_lists():
    assert set() == PERSONAL & IMPERSONAL


def test_the_lists_name_no_field_that_is_gone():
    assert set() == (PERSONAL | IMPERSONAL) - EVERY_FIELD


def test_who_did_it_travels_with_when():
    for model in OURS:
        names = {field.name for field in model._meta.concrete_fields}
        for name in names:
            if name.endswith("_by"):
                assert f"{name[:-3]}_at" in names, f"{model._meta.label}.{name}"
