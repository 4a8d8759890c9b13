"""What tenants are told, when, and in which words."""

from holdfast.engine.command import EndMitigation
from holdfast.mitigate.notice import format_time
from holdfast.mitigate.plan import plan_steps
from holdfast.mitigate.steps import Occasion, TellTenant
from mitigate.playing import NOW, Play, Traffic, make_finding, make_intent, make_rule
from mitigate.test_climb import FLOOD, flood
from mitigate.test_release import GOOD, USUAL


def letters(play: Play) -> list[TellTenant]:
    return [step for _, step in play.took if isinstance(step, TellTenant)]


def test_one_letter_at_the_beginning_and_one_at_the_end() -> None:
    play = Play(traffic=FLOOD, recent=flood())
    play.find(make_finding(source=make_rule()))
    play.wait(3.0)
    play.traffic, play.recent = Traffic(offered=1000.0, mitigated=980.0, admitted=20.0), flood()
    play.wait(5.0)
    (began,) = letters(play)
    assert (began.occasion, began.mitigation) == (Occasion.BEGAN, "m-1")
    assert (began.tenant, began.contact) == ("t-shop", "ops@shop.example")
    play.traffic, play.recent = USUAL, GOOD
    play.wait(40.0)
    assert not play.in_force
    _, ended = letters(play)
    assert ended.occasion is Occasion.ENDED
    play.wait(10.0)
    assert len(letters(play)) == 2


def test_what_the_first_letter_says() -> None:
    play = Play(traffic=FLOOD)
    play.find(make_finding())
    play.wait(0.5)
    text = letters(play)[0].notice.text
    for said in (
        "service shop",
        "200 a second, usually 20",
        "blog is slow",
        "lets through at most 200 requests a second, 8 at a time",
        format_time(NOW + 0.25 + 60),
        "holdfast end m-1",
        "console",
    ):
        assert said in text, f"{said!r} is not in {text}"


def test_the_last_letter_lists_what_was_done() -> None:
    play = Play(traffic=FLOOD)
    play.find(make_finding())
    play.wait(0.5)
    play.do(EndMitigation("ann", "m-1", "the tenant objects"))
    play.wait(0.5)
    text = letters(play)[1].notice.text
    assert "m-1" in text
    assert "the tenant objects" in text


def test_nothing_is_written_twice_where_control_restarts() -> None:
    play = Play(traffic=FLOOD)
    play.find(make_finding())
    for _ in range(20):
        play.look()
        play.restart()
    assert len(letters(play)) == 1


def test_a_letter_on_its_way_isnt_sent_again() -> None:
    """Whoever delivers it may take its time to note that."""
    play = Play(traffic=FLOOD)
    play.find(make_finding())
    play.look()
    situation, sent, timers = play.describe(), 0, play.timers
    for _ in range(5):
        plan = plan_steps(situation, timers)
        timers = plan.timers
        sent += sum(isinstance(step, TellTenant) for step in plan.steps)
    assert sent == 1


def test_who_has_no_contact_isnt_written_to() -> None:
    play = Play(make_intent(), traffic=FLOOD)
    tenant = play.intent.platform.tenants["t-shop"].model_copy(update={"contact": None})
    platform = play.intent.platform.model_copy(update={"tenants": {"t-shop": tenant}})
    play.intent = type(play.intent)(platform)
    play.find(make_finding())
    play.wait(1.0)
    assert not letters(play)


def test_times_are_told_in_utc() -> None:
    assert format_time(0.9) == "1970-01-01 00:00:00 UTC"
