"""Every guide, followed from top to bottom as its reader would."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from docs.pages import GUIDES, Command, Happening, PlatformText, read_steps
from docs.platform_texts import apply_text
from docs.sandbox import Sandbox, find_missing, is_serving, without_playing
from holdfast.spec import STARTER


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """A machine that nobody has touched."""
    sandbox = Sandbox()
    yield sandbox
    sandbox.close()


@pytest.mark.parametrize("page", GUIDES, ids=lambda page: page.stem)
def test_what_the_guide_shows_is_what_one_sees(page: Path, sandbox: Sandbox) -> None:
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
