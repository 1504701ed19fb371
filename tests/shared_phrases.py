"""Phrases that all servers of one run of the tests share: speaking them takes a server seconds."""

from pathlib import Path


def share_phrases(data: Path) -> None:
    """Have the server of a data folder keep its phrases where every other one does."""
    parents = [folder for folder in data.parents if folder.parent.name.startswith("pytest-of-")]
    phrases = (parents[0] if parents else data.parent) / "phrases"
    phrases.mkdir(exist_ok=True)
    (data / "phrases").symlink_to(phrases)
