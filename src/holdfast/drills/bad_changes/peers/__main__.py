"""`python -m holdfast.drills.bad_changes.peers PEER [CASE …]`: push the corpus to a peer, and tell whom it broke."""

import asyncio
import json
import sys
from importlib.resources import files
from pathlib import Path
from typing import Annotated

import typer

from holdfast.drills.bad_changes.corpus import read_corpus
from holdfast.drills.bad_changes.peers.contenders import Contender, push_all, read_peer_version
from holdfast.drills.bad_changes.peers.telling import tell_line, tell_peer


def main(
    peer: Annotated[Contender, typer.Argument(help="Who is pushed to.")],
    only: Annotated[list[str] | None, typer.Argument(help="Only cases whose names begin so; H… are harmless.")] = None,
    out: Annotated[Path | None, typer.Option(help="Write the result as JSON to this file.")] = None,
) -> None:
    """Push every change of the corpus to a peer at once, as one would without Holdfast."""
    folder = Path(str(files("holdfast.drills").joinpath("scenarios", "bad-changes")))
    cases = [case for case in read_corpus(folder) if not only or case.id.startswith(tuple(only))]
    pushed = asyncio.run(push_all(peer, cases, lambda each: _show(tell_line(each))))
    told = tell_peer(peer.value, read_peer_version(peer), pushed)
    for kind in ("bad", "harmless"):
        _show(f"{kind}: " + ", ".join(f"{name.replace('_', ' ')} {count}" for name, count in told[kind].items()))
    if out is not None:
        out.write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")


def _show(line: str) -> None:
    typer.echo(line)
    sys.stdout.flush()


if __name__ == "__main__":
    typer.run(main)
