"""What the generator sends: everybody's usual traffic, and surges in it that rise and stay."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from holdfast.drills.instruments import HostLoad, LoadPlan, RateWindow
from holdfast.drills.stage.rates import plan_rise

if TYPE_CHECKING:
    from holdfast.drills.platform_surge.cast import Cast, SurgeTimes
    from holdfast.drills.platform_surge.scenario import Form, PlatformSurge
    from holdfast.drills.scenario import CapMode

CONNECTIONS_MAX: Final = 8_192
CONNECTIONS_SPARE: Final = 2_048


def plan_traffic(scenario: PlatformSurge, form: Form, cast: Cast, mode: CapMode, port: int) -> LoadPlan:
    """All traffic of a mode; its streams are the criticalities.

    Connections are enough even if every request waits for its timeout, up to what one machine has ports for.
    """
    surges = cast.surges[mode]
    seconds = surges[-1].over_s + form.after
    rates = [RateWindow(0, seconds, scenario.usual_rps), *(w for surge in surges for w in _plan_surge(scenario, surge))]
    waiting = round(scenario.surge_rps * scenario.client_timeout)
    return LoadPlan(
        target_port=port,
        duration_s=seconds,
        hosts=tuple(
            HostLoad(
                member.host,
                tuple(RateWindow(w.start_s, w.end_s, w.rps * member.share) for w in rates),
                stream=member.criticality,
            )
            for member in cast.members
        ),
        seed=cast.seeds[mode],
        timeout_ms=round(scenario.client_timeout * 1e3),
        connections_max=min(CONNECTIONS_MAX, waiting + CONNECTIONS_SPARE),
        requests_max=10_000_000,
        sources=scenario.clients,
    )


def _plan_surge(scenario: PlatformSurge, surge: SurgeTimes) -> list[RateWindow]:
    """What a surge adds to the usual rate."""
    extra_rps = scenario.surge_rps - scenario.usual_rps
    rise = plan_rise(extra_rps, surge.height_s - surge.onset_s, surge.over_s - surge.onset_s)
    return [RateWindow(surge.onset_s + w.start_s, surge.onset_s + w.end_s, w.rps) for w in rise]
