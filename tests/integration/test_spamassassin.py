"""SpamAssassin's local rules on a realistic issue: our newsletter must not score above nothing.

Debian's package `spamassassin`, without its network tests. Where it is missing these tests fail.
"""

import re
import shutil
import subprocess
from dataclasses import replace

import pytest

from newsletter.letters import Stationery
from storage.letters import Letter
from tests.mails import KEY, a_mail, built_in_templates
from tests.newsletter.test_letters import CHANGE, HEAD, LETTER, SETTINGS, WELCOME
from tests.scenarios import a_full_issue, an_issue


def score(mail: bytes) -> tuple[float, str]:
    """Give the points and the report."""
    program = shutil.which("spamassassin")
    assert program, "spamassassin is not installed"
    done = subprocess.run([program, "-L", "-t"], input=mail, capture_output=True, check=True, timeout=120)
    report = done.stdout.decode("utf-8", "replace")
    found = re.search(r"^X-Spam-Status: \w+, score=(-?[\d.]+) ", report, re.MULTILINE)
    assert found, report[:2000]
    return float(found[1]), report[report.rfind("Content analysis details") :]


@pytest.mark.parametrize("language", ["sv", "en"])
def test_a_full_issue_scores_nothing(language: str) -> None:
    points, report = score(a_mail(a_full_issue(), language=language))
    assert points <= 0, report


def test_a_short_issue_scores_nothing() -> None:
    points, report = score(a_mail(an_issue()))
    assert points <= 0, report


@pytest.mark.parametrize("letter", [LETTER, WELCOME, CHANGE, SETTINGS], ids=lambda each: each.kind)
@pytest.mark.parametrize("language", ["sv", "en"])
def test_a_letter_scores_nothing(letter: Letter, language: str) -> None:
    paper = Stationery(HEAD, built_in_templates(), KEY)
    points, report = score(paper.write(replace(letter, language=language)))
    assert points <= 0, report
