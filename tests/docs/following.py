"""A guide, followed from top to bottom as its reader would."""

from pathlib import Path
from typing import Final

from docs.pages import GUIDES, Command, Happening, PlatformText, read_steps
from docs.platform_texts import apply_text
from docs.sandbox import Sandbox, find_missing, is_serving, without_playing
from holdfast.spec import STARTER

_OF_CHANGES: Final = {"plan-a-change", "roll-out-a-change", "ledger", "a-file-for-each-tenant", "protect-a-service"}
_OF_LOSSES: Final = {"failover", "readiness", "restore", "endpoints", "spool", "assets"}
GUIDES_OF_CHANGES: Final = [page for page in GUIDES if page.stem in _OF_CHANGES]
"""Those in which waves bake: they take a minute each, and are followed beside the others."""
GUIDES_OF_LOSSES: Final = [page for page in GUIDES if page.stem in _OF_LOSSES]
"""Those in which something is lost and comes back: likewise."""
OTHER_GUIDES: Final = [page for page in GUIDES if page.stem not in _OF_CHANGES | _OF_LOSSES]


def follow_guide(page: Path, sandbox: Sandbox) -> None:
    """Do what a guide says; AssertionError where it shows something else than one sees."""
    platform = STARTER
    for step in read_steps(page.read_text(encoding="utf-8")):
        match step:
            case PlatformText():
                written = apply_text(platform, step.text)
                sandbox.write_platform(written)
                platform = platform if step.wrong else written
            case Happening():
                sandbox.make_happen(step.what)
            case Command():
                _follow(sandbox, step, f"{page.name}:{step.line}: {step.text}")


def _follow(sandbox: Sandbox, command: Command, where: str) -> None:
    shown = tuple(sandbox.localise(line) for line in command.shown)
    if is_serving(command.text):
        printed = sandbox.serve(command.text, shown)
    else:
        code, printed = sandbox.run(without_playing(command.text))
        assert code == 0 or command.may_fail, f"{where}\nended with {code}:\n{printed}"
    missing = find_missing(shown, printed)
    assert missing is None, f"{where}\ndidn't print: {missing}\nbut:\n{printed}"
