import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import pytest

from drills.history_samples import act as put_in_force
from drills.load_samples import Stretch, make_result
from holdfast.compile.names import READING_HEADER
from holdfast.drills.catalogue import load_scenario_of
from holdfast.drills.provider_loss.acts import Act
from holdfast.drills.provider_loss.cast import Trouble
from holdfast.drills.provider_loss.measures import Region, Run, measure_run
from holdfast.drills.provider_loss.places import MAIL, PRIMARY, REPORTS, SHOP, SHOP_EU
from holdfast.drills.provider_loss.probers import Probe
from holdfast.drills.provider_loss.scenario import Loss, ProviderLoss
from holdfast.drills.provider_loss.scoring import collect_answers
from holdfast.drills.provider_loss.traffic import name_stream
from holdfast.drills.result import Verdict, judge
from holdfast.drills.sheet import Sheet
from holdfast.drills.stage.client import Answer
from holdfast.drills.stage.core_meter import CoreUse
from holdfast.drills.stage.history import PastMitigation
from holdfast.drills.stage.mail import Received, Sent
from holdfast.model.mitigation import FailOver

SCENARIO = load_scenario_of(ProviderLoss, "provider-loss")
LOST_S, HEALED_S, OVER_S = 10.0, 20.0, 40.0
TOLD = {"x-holdfast-cause": "read-only", "retry-after": "30"}
MARKED = {READING_HEADER: "on"}


@dataclass
class Play:
    """One loss of ten seconds after which all goes well, but for what is changed."""

    loss: Loss = Loss.KILLED
    failing_s: float = 0.5
    failing_back: bool = False
    elsewhere_status: int = 200
    sheddable_status: int = 200
    moves: tuple[tuple[float, float], ...] = ((11.0, 30.0),)
    moved_partly: tuple[tuple[float, float], ...] = ()
    back_s: float = 30.0
    mail_statuses: tuple[int, ...] = (202, 202, 202)
    arrived: tuple[int, ...] = (0, 1, 2)
    writes_headers: dict[str, str] = field(default_factory=lambda: TOLD)
    reads_headers: dict[str, str] = field(default_factory=lambda: MARKED)
    lateness_ms: float = 0.0
    protected: bool = True

    def measure(self) -> Sheet[ProviderLoss]:
        sheet = Sheet(SCENARIO, 7, self.protected, short=False)
        measure_run(sheet, self._run())
        return sheet

    def judge(self) -> Verdict:
        sheet = self.measure()
        return judge(sheet.measures, sheet.invalid_because)

    def _run(self) -> Run:
        trouble = Trouble(self.loss, 0, 0, "us-1", (1.0,) if self.loss is Loss.FLAPPING else ())
        crowd = (make_result(Stretch("crowd", 0, 1)),) if self.loss is Loss.CROWDED else ()
        elsewhere = make_result(Stretch(name_stream(SHOP_EU.name, "reads"), 0, OVER_S, status=self.elsewhere_status))
        ours = make_result(*self._ask(SHOP.name), *self._ask(MAIL.name), *self._ask_sheddable())
        return Run(
            answers=collect_answers({"us-1": ours, "eu-1": elsewhere}, 0),
            lateness_ms=self.lateness_ms,
            use=CoreUse(0.5, 0.0),
            began_ns=0,
            acts=(Act(trouble, LOST_S, HEALED_S, self.back_s, OVER_S, crowd),),
            past=tuple(self._list_moves()),
            regions={"us": Region(tuple(self._probe())), "eu": Region(())},
            sent=tuple(Sent("a", n, Answer(n, n + 1, status)) for n, status in enumerate(self.mail_statuses)),
            received=tuple(Received("a", number, at_ns) for at_ns, number in enumerate(self.arrived)),
        )

    def _list_moves(self) -> Iterator[PastMitigation]:
        for span in self.moves:
            yield put_in_force(FailOver(site=PRIMARY), *span)
        for span in self.moved_partly:
            yield replace(put_in_force(FailOver(service=SHOP.name), *span), edges=("us-2",))

    def _ask(self, service: str) -> list[Stretch]:
        stream = name_stream(service, "reads")
        healthy_s = LOST_S + self.failing_s
        back = Stretch(stream, HEALED_S, OVER_S, status=503 if self.failing_back else 200)
        failing = [Stretch(stream, LOST_S, healthy_s, status=503)] if self.failing_s else []
        going_on = [Stretch(stream, healthy_s, HEALED_S)] if healthy_s < HEALED_S else []
        return [Stretch(stream, 0, LOST_S), *failing, *going_on, back]

    def _ask_sheddable(self) -> list[Stretch]:
        stream = name_stream(REPORTS.name, "reads")
        lost = Stretch(stream, LOST_S, HEALED_S, status=self.sheddable_status, rps=1.0)
        return [Stretch(stream, 0, LOST_S), lost, Stretch(stream, HEALED_S, OVER_S)]

    def _probe(self) -> list[Probe]:
        moments_ns = [round(second * 1e9) for second in range(int(OVER_S))]
        reads = [Probe(False, Answer(at_ns, at_ns, 200, self.reads_headers)) for at_ns in moments_ns]
        return [*reads, *(Probe(True, Answer(at_ns, at_ns, 503, self.writes_headers)) for at_ns in moments_ns)]


@pytest.mark.parametrize("loss", list(Loss))
def test_a_loss_that_costs_next_to_nothing_passes(loss: Loss) -> None:
    told = loss in (Loss.KILLED, Loss.BLACKHOLED, Loss.HUNG, Loss.SLOW)
    sheet = Play(loss).measure()
    missed = {name for name, measure in sheet.measures.items() if measure.ok is False}
    assert missed == (set() if told else {"writes_told_read_only", "reads_marked_read_only"})
    assert sheet.invalid_because == []


@pytest.mark.parametrize(
    ("play", "missed"),
    [
        (Play(failing_s=1.2), "killed_reads_failed_max"),
        (Play(Loss.HUNG, failing_s=5.5), "hung_reads_failed_max"),
        (Play(Loss.CUT_OFF, failing_s=5.5), "cut_off_reads_failed_max"),
        (Play(Loss.FLAPPING, moves=((11, 13), (15, 17))), "flapping_moves_max"),
        (Play(Loss.CROWDED, failing_s=4), "crowded_critical_reads"),
        (Play(failing_back=True), "reads_failed_coming_back"),
        (Play(elsewhere_status=503), "other_regions_failed"),
        (Play(moves=()), "decided"),
        (Play(back_s=math.inf), "all_as_before"),
        (Play(mail_statuses=(202, 503, 202)), "mail_refused"),
        (Play(arrived=(0, 2)), "mail_lost"),
        (Play(arrived=(0, 2, 1)), "mail_out_of_order"),
        (Play(writes_headers={"x-holdfast-cause": "read-only"}), "writes_told_read_only"),
        (Play(writes_headers={"retry-after": "30"}), "writes_told_read_only"),
        (Play(reads_headers={}), "reads_marked_read_only"),
    ],
)
def test_what_goes_wrong_is_missed(play: Play, missed: str) -> None:
    assert play.measure().measures[missed].ok is False
    assert play.judge() is Verdict.FAIL


def test_who_asks_at_an_edge_that_is_not_moved_need_not_be_told() -> None:
    told = Play(moves=((15, 30),), moved_partly=((11, 15),)).measure().measures["writes_told_read_only"]
    assert (told.ok, told.samples) == (True, 4)


def test_a_crowd_may_cost_the_sheddable() -> None:
    sheet = Play(Loss.CROWDED, sheddable_status=503).measure()
    assert sheet.measures["crowded_sheddable_reads"].value == 0
    assert sheet.measures["crowded_critical_reads"].ok


def test_without_protections_a_lost_site_is_lost() -> None:
    play = Play(failing_s=10, moves=(), mail_statuses=(503, 503, 202), protected=False)
    sheet = play.measure()
    assert play.judge() is Verdict.FAIL
    assert sheet.measures["reads_answered_max"].value == pytest.approx(0, abs=1)
    assert "decided" not in sheet.measures


def test_without_protections_and_harm_nothing_is_shown() -> None:
    assert Play(protected=False).judge() is Verdict.INVALID


def test_generators_that_were_late_show_nothing() -> None:
    assert Play(lateness_ms=300).judge() is Verdict.INVALID
