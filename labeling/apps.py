from django.contrib.admin.apps import AdminConfig


class HouseAdminConfig(AdminConfig):
    """Django's admin with our own site in the middle."""

    default_site = "labeling.admin_site.House"
