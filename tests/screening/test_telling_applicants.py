"""Do those who write about applicants read that the applicants will read it?"""

import pytest
from django.urls import reverse

from tests.factories.screening import attempt_of

pytestmark = pytest.mark.django_db
DOWNLOAD = "in the download of their own data, without your name."


def test_who_gives_a_reason_or_a_comment_reads_that_the_applicant_gets_it(test, abe, rita, client_of):
    attempt, client = attempt_of(abe, test), client_of(rita)
    pages = {
        "grading": client.get(reverse("admin:screening_test_grading", args=[test.pk])),
        "one": client.get(reverse("admin:screening_test_attempt", args=[test.pk, attempt.code])),
        "several": client.post(
            reverse("admin:screening_test_decide", args=[test.pk]), {"chosen": [attempt.code], "look": "1"}
        ),
    }

    assert [name for name, page in pages.items() if DOWNLOAD not in page.text] == []
    assert [name for name, page in pages.items() if "applicants do not see it" in page.text] == []
