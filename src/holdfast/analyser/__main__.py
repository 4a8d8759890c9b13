"""`python -m holdfast.analyser`: analyse what comes in on standard input until it ends."""

import sys

from holdfast.analyser.conversation import converse


def main() -> None:
    """Run the analyser."""
    converse(sys.stdin.buffer, sys.stdout.buffer)


if __name__ == "__main__":
    main()
