"""PressroomError
+-- ConfigError      the configuration cannot be used; `problems` has every mistake with its place
+-- CheckFailed      the work was done or looked at, and problems were found; `problems` lists them
+-- UsageProblem     the command cannot be carried out as it was asked (no such newsletter...)
"""

from collections.abc import Sequence

from content.newsroom import Problem


class PressroomError(Exception):
    """Something that a person can mend; the message says what, in one line."""


class ConfigError(PressroomError):
    """The configuration cannot be used."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = tuple(problems)


class UsageProblem(PressroomError):
    """The command cannot be carried out as it was asked."""
