"""Who may make an account by themselves? Nobody yet: accounts are made by admins."""

from allauth.account.adapter import DefaultAccountAdapter


class ClosedDoor(DefaultAccountAdapter):
    def is_open_for_signup(self, request):
        return False
