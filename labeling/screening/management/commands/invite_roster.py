"""manage.py invite_roster: everybody on a list gets an invitation of their own by letter."""

import argparse
import sys
from datetime import timedelta
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from tqdm import tqdm

from labeling.people.models import User
from labeling.screening import roster_inviting, roster_rows, rosters

HELP = f"""Invite everybody on a list of people, each by a letter with a link of their own.

The list is a CSV file in UTF-8 with a header, with commas, semicolons or tabs. Its columns:
{", ".join(roster_rows.COLUMNS)}.
Each row names an email, and either a cohort (training, held_out) or a published test by its name. Several
projects or qualifications stand in one cell with | between them.

  manage.py invite_roster team.csv --dry-run
  manage.py invite_roster team.csv --days 14 --by rita@example.org --bad-rows later.csv

The same list may be sent again at any time: nobody is invited twice. A row that cannot be taken is shown with
its line and the reason, and the other rows go on; --bad-rows keeps such rows, to be corrected and sent in again.

Exit status: 0 when every row was invited or known; 1 when a row could not be taken, or the file not be read."""
AT_ONCE = 50


class Command(BaseCommand):
    help = HELP

    def create_parser(self, *args, **kwargs):
        return super().create_parser(*args, formatter_class=argparse.RawDescriptionHelpFormatter, **kwargs)

    def add_arguments(self, parser):
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument("--days", type=int, default=30, help="how long the links are valid (30); 0: for good")
        parser.add_argument("--note", default="", help="stands beside the invitations in the admin")
        parser.add_argument("--by", metavar="EMAIL", help="the account that invites")
        parser.add_argument("--dry-run", action="store_true", help="only say what would happen")
        parser.add_argument("--bad-rows", type=Path, metavar="FILE", help="write the rows that cannot be taken here")

    def handle(self, *, file, days, note, by, dry_run, bad_rows, **options):
        inviter = self._account(by) if by else None
        try:
            roster = rosters.understood(roster_rows.decoded(file.read_bytes()), sees_accounts=True)
        except (OSError, rosters.NotARoster) as error:
            raise CommandError(str(error)) from error
        if dry_run:
            roster_inviting.note_known(roster.people, sees_accounts=True)
            invited = len(roster.new)
        else:
            expires_at = timezone.now() + timedelta(days=days) if days else None
            invited = _invite(roster.taken, by=inviter, note=note, expires_at=expires_at)
        self._report(roster, invited, dry_run, bad_rows)

    def _account(self, email):
        try:
            return User.objects.get_by_natural_key(email)
        except User.DoesNotExist:
            raise CommandError(f"There is no account {email}.") from None

    def _report(self, roster, invited, dry_run, bad_rows):
        for person in roster.bad:
            self.stderr.write(f"line {person.row.line}: {person.problem}")
        if roster.sheet.unread:
            self.stderr.write(f"These columns are not read: {', '.join(roster.sheet.unread)}.")
        verb = "would be invited" if dry_run else "invited"
        self.stdout.write(f"{invited:,} {verb}; {len(roster.known):,} known already; {len(roster.bad):,} not taken.")
        if bad_rows and roster.bad:
            bad_rows.write_text(roster.left_over(), encoding="utf-8")
        if roster.bad:
            raise CommandError("Not all rows were taken.")


def _invite(people, **how):
    """Invite them in batches, each of which stands by itself; return how many invitations were made."""
    invited = 0
    with tqdm(total=len(people), unit=" people", disable=not sys.stderr.isatty()) as bar:
        for start in range(0, len(people), AT_ONCE):
            batch = people[start : start + AT_ONCE]
            invited += len(roster_inviting.invite(batch, sees_accounts=True, **how))
            bar.update(len(batch))
    return invited
