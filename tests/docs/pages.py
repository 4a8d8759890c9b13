"""Documents as their readers meet them: platform files, commands with what they print, and what happens between.

- ```` ```yaml ```` is a whole platform file if it has the key `holdfast`; otherwise it is laid over the file that the
  page has so far, as a reader would edit it in. Both become `platform.yaml`. After ```` ```yaml wrong ```` the file
  has errors or warnings, and the next one is laid over what was before.
- ```` ```console ````: lines after `$ ` are run, the lines below are looked for in what is printed, in order. `...`
  stands for anything, spaces don't count. A command succeeds, unless `$ echo $?` comes next. Of
  `holdfast drill run` only the options are tried.
- `<!-- happens: control is killed -->` is done where it stands; `Sandbox.make_happen` has them all.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
GUIDES = sorted((ROOT / "docs" / "guides").glob("*.md"))
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
_BLOCK = re.compile(r"^```(?P<info>[^\n`]*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
_STEP = re.compile(rf"{_BLOCK.pattern}|^<!-- happens: (?P<happening>.+?) -->$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class PlatformText:
    """YAML of a page; `wrong` if the page says that it is."""

    line: int
    text: str
    wrong: bool


@dataclass(frozen=True)
class Command:
    """A command and the lines that are shown below it. One that may fail is followed by `echo $?`."""

    line: int
    text: str
    shown: tuple[str, ...]
    may_fail: bool = False


@dataclass(frozen=True)
class Happening:
    """Something that no command of a page does."""

    line: int
    what: str


Step = PlatformText | Command | Happening


def read_steps(text: str) -> Iterator[Step]:
    """What a reader of a page does, in order."""
    for found in _STEP.finditer(text):
        line = text.count("\n", 0, found.start()) + 1
        if found["happening"]:
            yield Happening(line, found["happening"])
        elif found["info"].split()[:1] == ["yaml"]:
            yield PlatformText(line, found["text"], wrong="wrong" in found["info"])
        elif found["info"] == "console":
            yield from _read_commands(line, found["text"])


def remove_blocks(text: str) -> str:
    """A page's prose."""
    return _BLOCK.sub("", text)


def _read_commands(line: int, block: str) -> Iterator[Command]:
    parts = re.split(r"^\$ ", block.replace("\\\n", ""), flags=re.MULTILINE)
    assert not parts[0].strip(), f"line {line}: a console block begins with a command"
    for number, part in enumerate(parts[1:], start=2):
        text, *shown = part.splitlines()
        following = parts[number].strip() if number < len(parts) else ""
        yield Command(line, text, tuple(each for each in shown if each.strip()), following.startswith("echo $?"))
