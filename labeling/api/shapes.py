"""What must the JSON of a request look like? Unknown fields are refused, not forgotten."""

from collections.abc import Mapping

from django.utils.translation import gettext as _
from rest_framework.serializers import Serializer, SlugRelatedField, ValidationError


class Strict(Serializer):
    """A serializer that refuses fields it does not know: a misspelt one must not be dropped in silence."""

    def to_internal_value(self, data):
        if isinstance(data, Mapping) and (unknown := misnamed(data, self.fields)):
            raise ValidationError(unknown)
        return super().to_internal_value(data)


def misnamed(data, fields):
    """Return {name: [a sentence]} for each name in `data` that none of `fields` (a serializer's) has."""
    unknown = [key for key in data if key not in fields]
    if not unknown:
        return {}
    known = ", ".join(name for name, field in fields.items() if not field.read_only)
    sentence = _("There is no field of this name here; there are: %(known)s.") % {"known": known}
    return {str(key): [sentence] for key in unknown}


class Named(SlugRelatedField):
    """A row that is called by its name; what can be no name never reaches the database."""

    def to_internal_value(self, data):
        if not isinstance(data, str) or "\0" in data:
            self.fail("invalid")
        return super().to_internal_value(data)
