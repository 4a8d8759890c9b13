"""Announced work: what falls due, and what it mutes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.incidents.maintenance import find_next_due, is_muted, plan_maintenance
from holdfast.model.maintenance import Maintenance, MaintenancePhase
from incidents.scenes import make_incident

DAY_S = 86_400.0
BEGINS_AT = 10 * DAY_S
ENDS_AT = BEGINS_AT + 3_600.0


def make_window(**more: object) -> Maintenance:
    made = {"id": "w-1", "title": "x", "begins_at": BEGINS_AT, "ends_at": ENDS_AT, "announced_at": 0.0}
    return Maintenance.model_validate(made | more)


UNDER_WAY = make_window(phase=MaintenancePhase.IN_PROGRESS, components=("web",), regions=("europe",))


@pytest.mark.parametrize(
    ("now", "window", "due"),
    [
        (BEGINS_AT - DAY_S - 1.0, make_window(), None),
        (BEGINS_AT - DAY_S, make_window(), (None, 1)),
        (BEGINS_AT - DAY_S, make_window(reminders=1), None),
        (BEGINS_AT - 3_600.0, make_window(reminders=1), (None, 2)),
        (BEGINS_AT - 60.0, make_window(), (None, 2)),
        (BEGINS_AT - 3_600.0, make_window(announced_at=BEGINS_AT - 7_200.0), (None, 1)),
        (BEGINS_AT - 60.0, make_window(announced_at=BEGINS_AT - 1_800.0), None),
        (BEGINS_AT, make_window(), (MaintenancePhase.IN_PROGRESS, None)),
        (ENDS_AT + DAY_S, make_window(), (MaintenancePhase.IN_PROGRESS, None)),
        (ENDS_AT - 1.0, make_window(phase=MaintenancePhase.IN_PROGRESS), None),
        (ENDS_AT, make_window(phase=MaintenancePhase.IN_PROGRESS), (MaintenancePhase.COMPLETED, None)),
        (ENDS_AT, make_window(phase=MaintenancePhase.CANCELLED), None),
    ],
)
def test_what_is_due(now: float, window: Maintenance, due: tuple[MaintenancePhase | None, int | None] | None) -> None:
    assert [(each.phase, each.reminders) for each in plan_maintenance([window], now)] == ([due] if due else [])


def test_the_next_thing_due_is_known() -> None:
    assert find_next_due([make_window()], 0.0) == BEGINS_AT - DAY_S
    assert find_next_due([make_window(reminders=2)], 0.0) == BEGINS_AT
    assert find_next_due([UNDER_WAY], BEGINS_AT) == ENDS_AT
    assert find_next_due([make_window(phase=MaintenancePhase.COMPLETED)], 0.0) is None


@pytest.mark.parametrize(
    ("components", "regions", "muted"),
    [
        (("web",), ("europe",), True),
        (("web", "mail"), ("europe",), False),
        (("web",), ("europe", "america"), False),
        (("web",), (), False),
        ((), ("europe",), False),
    ],
)
def test_it_mutes_what_is_wholly_within_it(components: tuple[str, ...], regions: tuple[str, ...], muted: bool) -> None:
    incident = make_incident(components=components, regions=regions, began_at=BEGINS_AT + 60.0)
    assert is_muted(incident, [UNDER_WAY], BEGINS_AT + 90.0) is muted


def test_windows_together_cover_more_than_each() -> None:
    other = UNDER_WAY.model_copy(update={"id": "w-2", "regions": ("america",)})
    incident = make_incident(components=("web",), regions=("europe", "america"), began_at=BEGINS_AT + 60.0)
    assert is_muted(incident, [UNDER_WAY, other], BEGINS_AT + 90.0)


def test_what_began_before_or_lasts_longer_is_not_muted() -> None:
    everything = make_window(phase=MaintenancePhase.IN_PROGRESS)
    assert is_muted(make_incident(began_at=BEGINS_AT), [everything], BEGINS_AT + 1.0)
    assert not is_muted(make_incident(began_at=BEGINS_AT - 120.0), [everything], BEGINS_AT + 1.0)
    assert not is_muted(make_incident(began_at=BEGINS_AT), [everything], ENDS_AT)
    assert not is_muted(make_incident(began_at=BEGINS_AT), [make_window()], BEGINS_AT + 1.0)


@given(st.floats(0.0, ENDS_AT + DAY_S), st.floats(DAY_S / 10, BEGINS_AT))
def test_a_window_comes_to_its_end_whenever_control_looks(first: float, step_s: float) -> None:
    window, now = make_window(), first
    for _ in range(200):
        for due in plan_maintenance([window], now):
            changes = {"phase": due.phase, "reminders": due.reminders}
            window = window.model_copy(update={k: v for k, v in changes.items() if v is not None})
        if window.is_over:
            return
        now = max(now, min(now + step_s, find_next_due([window], now) or now))
    assert window.is_over
