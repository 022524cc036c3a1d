"""What can go wrong with the content as a whole.

    ContentError
    +-- YamlError          a YAML text that cannot be used; carries every problem in it
    +-- SourceMissing      a source's folder is not there
    +-- TooManyWithdrawn   so many files are gone at once that a mistake is likelier than an intention
    +-- TemplateProblem    a template could not be read or rendered (content.templates)
    +-- CatalogueProblem   a catalogue of translations is damaged (content.languages)

One bad file is no exception but a `Problem`: it is set aside, and the rest goes on.
"""

from collections.abc import Sequence

from content.newsroom import Problem

SHOWN = 5
"""How many names a message lists."""


class ContentError(Exception):
    """The root of everything that the content package raises on purpose."""


class YamlError(ContentError):
    """A YAML text that cannot be used."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = tuple(problems)


class SourceMissing(ContentError):
    """The folder of a source does not exist or cannot be read."""

    def __init__(self, folder: str, reason: str = "does not exist") -> None:
        super().__init__(
            f"the source folder {folder} {reason}; what is published stays as it is. "
            f"Mend the folder, or take it out of 'sources' in the configuration"
        )
        self.folder = folder
        self.reason = reason


class TooManyWithdrawn(ContentError):
    """More pieces are gone at once than the limit allows; nothing was changed."""

    def __init__(self, folder: str, gone: Sequence[str], visible: int) -> None:
        shown = ", ".join(gone[:SHOWN]) + (", ..." if len(gone) > SHOWN else "")
        super().__init__(
            f"{len(gone)} of the {visible} published pieces of {folder} are gone at once ({shown}); "
            f"what is published stays as it is. If they are meant to be withdrawn, say --allow-withdrawals; "
            f"the limit is 'limits.withdrawals' in the configuration"
        )
        self.folder = folder
        self.gone = tuple(gone)
        self.visible = visible


class TemplateProblem(ContentError):
    """A template is missing, broken or names what is not there; `problem` says where."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem


class CatalogueProblem(ContentError):
    """A catalogue of translations cannot be read; `problem` says where."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem
