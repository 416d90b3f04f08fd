"""What is looked at in the admin, and changed elsewhere or never?"""

from django.contrib import admin


class Never:
    """For a ModelAdmin or an inline: nothing is added, changed or deleted here."""

    def has_add_permission(self, request, obj=None):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False


class OnlyShown(Never, admin.ModelAdmin):
    # Counting all rows of a large table for "n of m" would take longer than the list itself.
    show_full_result_count = False


class OnlyShownRows(Never, admin.TabularInline):
    extra = 0


class Inside(OnlyShown):
    """Rows that are read on the page of what they belong to: they have lists, but no entry in the index."""

    def has_module_permission(self, request):
        return False
