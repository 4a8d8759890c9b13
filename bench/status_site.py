"""What the public status site costs: built whole, after one published word, and every minute without any change."""

from __future__ import annotations

import tempfile
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from bench.report import Row, Table
from bench.samples import Samples, divide
from bench.scale import make_platform
from holdfast.adapters.status_site import SiteDirectory, SiteRenderer
from holdfast.incidents.status_document import Measured, make_status_document, remember
from holdfast.model.day import add_days, find_day
from holdfast.model.downtime import DayTally, Standing
from holdfast.model.incident import Impact, Incident, Occasion, Phase, Post, PostStatus
from holdfast.model.state import IncidentRecord, State
from holdfast.model.status_document import DAYS, PublicMemory
from holdfast.model.status_site import StatusComponent, StatusRegion, StatusSite
from holdfast.runtime.incidents.publishing.measuring import Histories, Measurements, read_histories, read_standings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from holdfast.model.platform import Platform

COMPONENTS: Final = 1_000
REGIONS: Final = 3
GROUPED: Final = 20
"""Components under one heading."""
INCIDENTS: Final = 200
START: Final = 1_795_330_000.0


async def run(*, quick: bool) -> Table:
    """Each, from what was measured to files on disk, again and again."""
    found: dict[str, list[float]] = {name: [] for name, _, _ in _MEASURES}
    with tempfile.TemporaryDirectory() as folder:
        for number in range(3 if quick else 9):
            site = Site(_declare_site(), _Tallies(), Path(folder) / str(number))
            for name, prepare in (("whole", _do_nothing), ("change", say), ("minute", wait)):
                prepare(site)
                began = time.perf_counter()
                await site.make()
                made = time.perf_counter()
                site.directory.publish(site.files)
                found[name].append(time.perf_counter() - began)
                if name == "whole":
                    found["made"].append(made - began)
    size_mb = sum(map(len, site.files.values())) / 1e6
    samples = {name: Samples(tuple(each)) for name, each in found.items()}
    return Table(
        "status-site",
        f"The status site of {COMPONENTS:,} components, {REGIONS} regions and {DAYS} days",
        tuple(_to_row(what, samples[name], samples["whole"], most_s) for name, what, most_s in _MEASURES),
        ratio_to="the whole",
        notes=(
            "former rounds' files stay to the end: ext4 without a journal searches long where many were just deleted",
            f"from measured days in memory to {len(site.files):,} files of {size_mb:.1f} MB on disk",
            f"{INCIDENTS} incidents in the history; one in twenty days of every component has downtime",
        ),
    )


_MEASURES: Final = (
    ("whole", "built whole", 2.0),
    ("made", "built whole, until it is written", None),
    ("change", "after one published word", 0.5),
    ("minute", "a minute later, with nothing changed", 0.5),
)
"""What is measured: its name, its title, and the most seconds that it may take."""


def _to_row(what: str, samples: Samples, whole: Samples, most_s: float | None) -> Row:
    ratio = divide(samples, whole).median
    if most_s is None:
        return Row(what, "s", samples, ratio)
    return Row(what, "s", samples, ratio, f"at most {most_s:g} s", samples.median <= most_s)


@dataclass
class Site:
    """One site, published again and again."""

    platform: Platform
    measurements: Measurements
    folder: Path
    now: float = START
    files: dict[str, bytes] = field(default_factory=dict)
    histories: Histories = field(default_factory=Histories)
    memory: PublicMemory = field(default_factory=PublicMemory)

    def __post_init__(self) -> None:
        self.state = State(incidents={f"i-{n}": _make_record(n) for n in range(1, INCIDENTS + 1)})
        self.renderer, self.directory = SiteRenderer(), SiteDirectory(self.folder)

    async def make(self) -> None:
        """Everything but writing the files."""
        self.histories = await read_histories(self.measurements, self.platform, self.now, self.histories)
        measured = Measured(read_standings(self.measurements, self.platform), self.histories.found)
        document = make_status_document(self.platform, self.state, measured, self.now, self.memory)
        if document is None:
            raise ValueError("the platform declares no site")
        self.files = self.renderer.render(document)
        self.memory = remember(document)


def say(site: Site) -> None:
    """Publish a word about the newest incident."""
    record = site.state.incidents["i-1"]
    post = record.posts[-1].model_copy(update={"number": 2, "text": "We know why.", "at": site.now})
    with_post = replace(record, posts=(*record.posts, post))
    site.state = replace(site.state, incidents={**site.state.incidents, "i-1": with_post})


def wait(site: Site) -> None:
    """Let a minute pass."""
    site.now += 60.0


def _do_nothing(_site: Site) -> None:
    pass


class _Tallies:
    """Days as they might have been measured."""

    def __init__(self) -> None:
        chance = np.random.default_rng(7)
        down = np.where(chance.random((64, DAYS)) < 0.05, chance.integers(60, 7_200, (64, DAYS)), 0)
        first = add_days(find_day(START), 1 - DAYS)
        self._kinds = [
            [DayTally(add_days(first, n), 86_400.0 - down_s, 0.0, down_s) for n, down_s in enumerate(each)]
            for each in down.tolist()
        ]

    def list_days(self, component: str, region: str | None, days: int) -> Sequence[DayTally]:
        """Of 64 kinds of history, one by the names."""
        return self._kinds[sum(f"{component} {region}".encode()) % len(self._kinds)][-days:]

    def read_standing(self, component: str, region: str) -> Standing:  # noqa: ARG002
        return Standing.UP


def _make_record(number: int) -> IncidentRecord:
    """The first one is open."""
    began_at = START - 3_600.0 - 86_400.0 * number / 2
    incident = Incident(
        id=f"i-{number}",
        title="internal",
        public_title="Requests are slow",
        occasion=Occasion.FINDING,
        impact=Impact.MINOR,
        phase=Phase.IDENTIFIED if number == 1 else Phase.RESOLVED,
        began_at=began_at,
        opened_at=began_at,
        components=(f"c{number}",),
        resolved_at=None if number == 1 else began_at + 1_800.0,
    )
    text = "We are looking into it, and will say more within 30 minutes."
    post = Post(number=1, phase=Phase.IDENTIFIED, text=text, status=PostStatus.PUBLISHED, at=began_at + 60, author="a")
    return IncidentRecord(incident, (post,))


def _declare_site() -> Platform:
    platform = make_platform(COMPONENTS, 8080, 9000)
    services = [name for tenant in platform.tenants.values() for name in tenant.services]
    (location,) = list(platform.locations)[:1]
    site = StatusSite(
        title="Acme",
        components={
            f"c{number}": StatusComponent(
                title=f"Component {number}", services=(service,), group=f"Group {number // GROUPED}"
            )
            for number, service in enumerate(services)
        },
        regions={f"r{n}": StatusRegion(title=f"Region {n}", locations=(location,)) for n in range(REGIONS)},
    )
    return platform.model_copy(update={"status": site})
