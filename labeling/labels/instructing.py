"""What does a labeler read before a sheet, when they have not read its instructions as they are now?"""

from dataclasses import dataclass

from labeling import markdown
from labeling.guidelines.models import InstructionsVersion
from labeling.guidelines.wording import Piece, passages


@dataclass
class Reading:
    """Everything the page may use; `since` is the version read last, None on the first time."""

    id: str
    project: str
    version: int
    since: int | None
    html: str
    changes: list[list[Piece]]


def reading_of(assignment):
    """Return what to read before this assignment (from `acknowledging.with_acknowledged`)."""
    version, since = assignment.instructions_version, assignment.acknowledged_number
    return Reading(
        id=str(assignment.pk),
        project=assignment.project.name,
        version=version.number,
        since=since,
        html=markdown.render(version.markdown),
        changes=passages(_text_of(version, since), version.markdown) if since else [],
    )


def _text_of(version, number):
    return InstructionsVersion.objects.get(instructions=version.instructions_id, number=number).markdown
