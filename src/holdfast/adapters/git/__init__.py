"""What git knows of the files that a platform is kept in."""

from holdfast.adapters.git.commit import find_commit

__all__ = ["find_commit"]
