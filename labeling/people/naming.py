"""By which name does the admin show whose work it is? The real one only to those who may see accounts."""

from django import forms
from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from labeling.people.models import Role, User
from labeling.people.only_shown import OnlyShown
from labeling.people.pseudonyms import pseudonym

RIGHT = "people.view_user"


class LabelerChoice(forms.ModelChoiceField):
    """Labelers and applicants to choose from: by the pseudonyms of their work, unless `by_name`."""

    def __init__(self, *, by_name=False):
        either = User.objects.filter(groups__name__in=[Role.LABELER, Role.APPLICANT])
        people = User.objects.filter(pk__in=either.values("pk"))
        super().__init__(people.order_by("email" if by_name else "pseudonym_key"), label=_("labeler"))
        self.by_name = by_name

    @classmethod
    def of(cls, user):
        return cls(by_name=user.has_perm(RIGHT))

    def label_from_instance(self, user):
        return f"{user} ({user.email})" if self.by_name else pseudonym(user.pseudonym_key)


class UnderPseudonyms(OnlyShown):
    """Rows that show "labeler_pseudonym": researchers judge work without knowing whose it is."""

    @staticmethod
    def labeler_of(row):
        return row.labeler

    def get_list_display(self, request):
        return self._named(request, super().get_list_display(request))

    def get_fields(self, request, obj=None):
        return self._named(request, super().get_fields(request, obj))

    def get_readonly_fields(self, request, obj=None):
        return self._named(request, super().get_readonly_fields(request, obj))

    def get_search_fields(self, request):
        """Nor do they find out by searching for a name."""
        fields = super().get_search_fields(request)
        return [name for name in fields if request.user.has_perm(RIGHT) or not name.startswith("labeler__")]

    def _named(self, request, names):
        if not request.user.has_perm(RIGHT):
            return names
        return tuple("labeler_name" if name == "labeler_pseudonym" else name for name in names)

    @admin.display(description=_("labeler"))
    def labeler_pseudonym(self, row):
        return pseudonym(self.labeler_of(row).pseudonym_key)

    @admin.display(description=_("labeler"))
    def labeler_name(self, row):
        return self.labeler_of(row)
