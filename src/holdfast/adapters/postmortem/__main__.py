"""`python -m holdfast.adapters.postmortem md|html|json`: JSON of a postmortem in, the document out."""

import sys

from holdfast.adapters.postmortem.rendering import render_postmortem
from holdfast.model.postmortem import Postmortem, PostmortemFormat


def main() -> None:
    """Render what comes in on standard input."""
    postmortem = Postmortem.model_validate_json(sys.stdin.buffer.read())
    sys.stdout.buffer.write(render_postmortem(postmortem, PostmortemFormat(sys.argv[1])).encode())


if __name__ == "__main__":
    main()
