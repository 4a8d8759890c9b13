"""The drill first-words on real processes: Holdfast, an Envoy, pagers and readers, all ended afterwards."""

from __future__ import annotations

import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Final

from holdfast.adapters.status_site.directory import CURRENT
from holdfast.drills.drill import Order, Played, conclude
from holdfast.drills.first_words.afterwards import crawl_alone, promise, write_postmortem
from holdfast.drills.first_words.announced import play_maintenance
from holdfast.drills.first_words.attacks import play_attack
from holdfast.drills.first_words.cast import draw_cast
from holdfast.drills.first_words.evidence import make_page
from holdfast.drills.first_words.follower import follow, list_told
from holdfast.drills.first_words.growth import play_growth
from holdfast.drills.first_words.measures import Run, find_paged_at, measure_run, measure_silence
from holdfast.drills.first_words.platform_file import write_paging, write_platform
from holdfast.drills.first_words.silence import find_success, play_unheard
from holdfast.drills.first_words.stand import Operator, Stand
from holdfast.drills.first_words.traffic import plan_usual
from holdfast.drills.instruments import UpstreamOptions, build_instrument, start_load
from holdfast.drills.progress import Progress, Watcher
from holdfast.drills.report.page import Page
from holdfast.drills.sheet import Sheet
from holdfast.drills.stage.machine import describe_machine, divide_cores
from holdfast.drills.stage.pagers import Pagers
from holdfast.drills.stage.site import start_stage
from holdfast.drills.stage.site_reader import SiteReader

if TYPE_CHECKING:
    from collections.abc import Sequence

    from holdfast.drills.first_words.scenario import FirstWords
    from holdfast.drills.instruments import LoadPlan

UNWATCHED: Final = ("--no-watch",)
ATTACK_S: Final = 45.0
"""About what an attack takes, with what people do about it."""
SPARE: Final = 3.0
SPARE_S: Final = 120.0
"""The usual traffic is planned for so much longer than is expected, and ended when it is no longer needed."""


def play(scenario: FirstWords, order: Order, watcher: Watcher) -> Played:
    """Play the drill from start to end. Raises DrillBroken, InstrumentError, BuildError, NoEnvoy."""
    return FirstWordsDrill(scenario, order, watcher).play()


class FirstWordsDrill:
    """One run of the drill."""

    def __init__(self, scenario: FirstWords, order: Order, watcher: Watcher) -> None:
        self._scenario = scenario
        self._order = order
        self._form = scenario.short if order.short else scenario.full
        self._progress = Progress(watcher)
        self._cores = divide_cores()
        self._cast = draw_cast(scenario, self._form, order.seed)

    def play(self) -> Played:
        """Play it from start to end."""
        machine = describe_machine(self._cores)
        build_instrument("load")
        sheet = Sheet(self._scenario, self._order.seed, self._order.protected, self._order.short)
        with tempfile.TemporaryDirectory(prefix="holdfast-drill-") as folder:
            page = self._play_on(Path(folder), sheet)
        return conclude(sheet, self._progress, machine, page)

    def _play_on(self, folder: Path, sheet: Sheet[FirstWords]) -> Page:
        cap = self._scenario.location
        options = UpstreamOptions(
            cap=cap.in_flight, answer_ms=cap.answer * 1e3, capacity_answer_ms_max=cap.slowest_answer * 1e3
        )

        def write(edge_ports: Sequence[int], upstream_port: int) -> str:
            return write_platform(
                self._scenario, self._cast, edge_ports, upstream_port, protected=self._order.protected
            )

        self._progress.begin("Holdfast starts", 5)
        with ExitStack() as stack:
            pagers = stack.enter_context(Pagers())
            paging = folder / "paging.yaml"
            paging.touch(mode=0o600)
            paging.write_text(write_paging(self._form, pagers), encoding="utf-8")
            arguments = ("--paging", str(paging), *(() if self._order.protected else UNWATCHED))
            stage = stack.enter_context(start_stage(folder / "site", self._cores, write, options, arguments))
            holdfast = stage.site.holdfast
            reader = stack.enter_context(SiteReader(holdfast.places.status_site / CURRENT))
            operator = stack.enter_context(Operator(holdfast.places))
            stand = Stand(
                self._scenario, self._form, self._cast, self._cores, stage.port, stage.upstream, holdfast, pagers,
                reader, operator, self._progress.note,
            )  # fmt: skip
            play = self._play_protected if self._order.protected else self._play_unheard
            return play(stand, sheet, folder)

    def _play_protected(self, stand: Stand, sheet: Sheet[FirstWords], folder: Path) -> Page:
        form, site = self._form, stand.holdfast.places.status_site / CURRENT
        with start_load(self._plan_usual(stand), self._cores.beside) as usual:
            self._learn(form.learn)
            self._progress.begin("announced work", form.maintenance)
            announced = play_maintenance(stand)
            follow(stand)
            self._progress.begin(
                f"{len(self._cast.attacks)} attacks", len(self._cast.attacks) * (form.apart + ATTACK_S)
            )
            attacks = tuple(
                play_attack(stand, attack, dead=number % 2 == 1) for number, attack in enumerate(self._cast.attacks)
            )
            self._progress.begin("postmortems and promises", 10)
            incidents = [attack.incident for attack in attacks if attack.incident is not None]
            postmortems = tuple(write_postmortem(stand, incident, folder) for incident in incidents)
            promised_s = promise(stand, incidents[0], site) if incidents else None
            usual.finish_early()
        grown = play_growth(stand, form.growth) if form.growth else None
        forecasts = [each.id for each in stand.operator.list_incidents() if each.is_forecast]
        protections = _read(site / "protections.html")
        pages = [_read(page) for page in sorted(site.rglob("*.*")) if page.is_file()]
        crawl = crawl_alone(stand, site)
        arrivals = tuple(stand.pagers.list_arrivals())
        run = Run(
            attacks=attacks,
            arrivals=arrivals,
            words=tuple(stand.reader.list_words()),
            announced=announced,
            postmortems=postmortems,
            promised_s=promised_s,
            protections=protections,
            crawl=crawl,
            names=frozenset(tenant.name for tenant in self._cast.tenants),
            public="".join([*pages, *list_told(arrivals)]),
            grown=grown,
            warned_at=find_paged_at(arrivals, forecasts),
        )
        return make_page(self._scenario, measure_run(sheet, run))

    def _play_unheard(self, stand: Stand, sheet: Sheet[FirstWords], folder: Path) -> Page:
        del folder
        with start_load(self._plan_usual(stand), self._cores.beside) as usual:
            self._learn(self._form.learn)
            self._progress.begin("attacks that nobody hears of", len(self._cast.attacks) * self._form.apart)
            runs = [play_unheard(stand, attack) for attack in self._cast.attacks]
            answered = find_success(usual.finish_early(), runs)
        arrivals, words = len(stand.pagers.list_arrivals()), len(stand.reader.list_words())
        measure_silence(sheet, arrivals, words, len(runs), answered)
        return Page(self._scenario.title, self._scenario.incident)

    def _plan_usual(self, stand: Stand) -> LoadPlan:
        form = self._form
        expected_s = form.learn + form.maintenance + len(self._cast.attacks) * (form.apart + ATTACK_S)
        return plan_usual(self._scenario, self._cast, stand.port, SPARE * expected_s + SPARE_S)

    def _learn(self, seconds: float) -> None:
        self._progress.begin("learning what is usual", seconds)
        self._progress.load(sum(tenant.usual_rps for tenant in self._cast.tenants), 0.0)
        time.sleep(seconds)


def _read(page: Path) -> str:
    try:
        return page.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""
