"""What can go wrong with the feeds and the public tree.

FeedsError
+-- FeedNameTaken   a category has a name that is the address of another feed
+-- PublishError    the public tree could not be written; carries the path and the reason
"""


class FeedsError(Exception):
    """The root of everything that the feeds package raises on purpose."""


class FeedNameTaken(FeedsError):
    """Two feeds would have the same address."""

    def __init__(self, name: str) -> None:
        super().__init__(f"a category cannot be named '{name}': feeds/{name}/ is another feed's address")
        self.name = name


class PublishError(FeedsError):
    """The public tree could not be written. What was published before is still there, whole."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path}: {reason}; what was published before is still there")
        self.path = path
        self.reason = reason
