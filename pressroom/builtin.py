"""Where the files that come with the program lie: templates, the demo newsroom, the sample configuration.

In a checkout they are at its root; a wheel carries them in `pressroom/_data`.
"""

from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path


def builtin(name: str) -> Traversable:
    """Find "templates", "demo" or "config.yaml"."""
    checkout = Path(__file__).resolve().parent.parent / name
    if checkout.exists():
        return checkout
    return files("pressroom") / "_data" / name


def copy(source: Traversable, target: Path) -> None:
    """Copy a file or a whole folder, also out of a zipped package."""
    if source.is_file():
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(source.read_bytes())
        return
    target.mkdir(parents=True, exist_ok=True)
    for entry in source.iterdir():
        if not entry.name.startswith((".", "__pycache__")):
            copy(entry, target / entry.name)
