"""Who may call REST, and for what? `manage.py token eve@example.org --scope write`"""

from django.core.management.base import BaseCommand, CommandError

from labeling.api import tokens
from labeling.api.models import Scope
from labeling.people.models import User


class Command(BaseCommand):
    help = (
        "Make a token for an account and print it, this once: only its hash is stored. "
        "Scope read reads; write reads and writes; label takes sheets and submits them, for labelers and programs. "
        "The token goes to standard output alone, so that TOKEN=$(manage.py token …) works."
    )

    def add_arguments(self, parser):
        parser.add_argument("email", metavar="EMAIL", help="whose token it is")
        parser.add_argument("--scope", required=True, choices=Scope.values, help="what it is good for")
        parser.add_argument(
            "--days", type=int, default=tokens.DAYS, metavar="N", help=f"until it expires (default: {tokens.DAYS})"
        )

    def handle(self, *, email, scope, days, **options):
        if not 1 <= days <= tokens.MOST_DAYS:
            raise CommandError(f"A token lasts from 1 to {tokens.MOST_DAYS:,} days.")
        user = User.objects.filter(email__iexact=email, is_active=True).first()
        if user is None:
            raise CommandError(f"There is no open account with the e-mail address {email}.")
        token, key = tokens.issue(user=user, scope=scope, days=days)
        self.stderr.write(f"For {user.email}, scope {scope}, until {token.expiry:%Y-%m-%d}. It is not shown again.")
        self.stdout.write(key)
