"""Proofs about standbys, over restarts of control: the latest of each kind, of the standbys that there are."""

import logging
import os
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Final

from pydantic import Field, ValidationError

from holdfast.model.noun import Noun
from holdfast.model.readiness import Proof, ProofKind, StandbyName

LOG: Final = logging.getLogger(__name__)
STANDBYS_MAX: Final = 20_000
"""More aren't kept on disk; they are asked again when control begins anew."""


class _Kept(Noun):
    service: str
    upstream: str | None
    standby: str
    since: float
    proofs: tuple[Proof, ...]


class _Book(Noun):
    """What is on disk. `known` is the last place in the journal that was looked at for drills."""

    known: int = 0
    standbys: tuple[_Kept, ...] = Field(default=(), max_length=STANDBYS_MAX)


class ProofBook:
    """What is known of each standby, and since when there is one."""

    def __init__(self, path: Path) -> None:
        self._path = path
        book = _load(path)
        self.known = book.known
        self._since = {StandbyName(k.service, k.upstream, k.standby): k.since for k in book.standbys}
        self._proofs: dict[StandbyName, dict[ProofKind, Proof]] = {
            StandbyName(k.service, k.upstream, k.standby): {proof.kind: proof for proof in k.proofs}
            for k in book.standbys
        }

    def follow(self, names: Collection[StandbyName], now: float) -> None:
        """Keep to these standbys: others are forgotten, new ones are known from now on (Unix time, in seconds)."""
        self._since = {name: self._since.get(name, now) for name in names}
        self._proofs = {name: self._proofs.get(name, {}) for name in names}

    def add(self, name: StandbyName, proofs: Iterable[Proof]) -> None:
        """Take in what was proved of a standby; one that isn't followed is passed over, and so is what is older."""
        known = self._proofs.get(name)
        if known is not None:
            for proof in proofs:
                before = known.get(proof.kind)
                if before is None or proof.at >= before.at:
                    known[proof.kind] = proof

    def proofs_of(self, name: StandbyName) -> tuple[Proof, ...]:
        """The latest of each kind."""
        return tuple(self._proofs.get(name, {}).values())

    def since(self, name: StandbyName, now: float) -> float:
        """Since when there is such a standby (Unix time, in seconds)."""
        return self._since.get(name, now)

    def write_down(self) -> bytes:
        """All of it, to be saved; what is more than may be kept is left out."""
        standbys = tuple(
            _Kept(
                service=name.service,
                upstream=name.upstream,
                standby=name.standby,
                since=self._since[name],
                proofs=tuple(proofs.values()),
            )
            for name, proofs in list(self._proofs.items())[:STANDBYS_MAX]
        )
        return _Book(known=self.known, standbys=standbys).model_dump_json().encode()

    def save(self, text: bytes) -> None:
        """Keep it, for nobody else to read; a disk that can't take it is said in the log."""
        draft = self._path.with_name(self._path.name + ".new")
        try:
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(text)
            draft.replace(self._path)
        except OSError as error:
            LOG.warning("proofs about standbys can't be kept: %s", error)


def _load(path: Path) -> _Book:
    try:
        return _Book.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return _Book()
    except (OSError, ValidationError) as error:
        LOG.warning("proofs about standbys can't be read, and are made anew: %s", error)
        return _Book()


def group_by_service(names: Iterable[StandbyName]) -> Mapping[str, tuple[StandbyName, ...]]:
    """The standbys of each service."""
    found: dict[str, tuple[StandbyName, ...]] = {}
    for name in names:
        found[name.service] = (*found.get(name.service, ()), name)
    return found
