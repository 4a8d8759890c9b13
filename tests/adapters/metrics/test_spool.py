"""Which of many services that defer have metrics of their own."""

from dataclasses import replace

from adapters.metrics.readings import Source, make_intent
from holdfast.adapters.metrics.exposition import Exposition
from holdfast.adapters.metrics.reading import SpooledReading, SpoolReading
from holdfast.adapters.metrics.spool import SPOOLED_MAX, expose_spool

NOW = 1_000.0


def test_what_is_about_to_die_isnt_crowded_out_by_what_is_dead() -> None:
    dead = [SpooledReading(f"dead-{number}", "acme", dead=1) for number in range(SPOOLED_MAX)]
    late = SpooledReading("late", "acme", waiting=1, oldest_at=NOW - 60, age_max_s=100.0)
    young = SpooledReading("young", "acme", waiting=1, oldest_at=NOW - 40, age_max_s=100.0)
    reading = Source(make_intent()).read_metrics(())
    page = Exposition()
    expose_spool(page, replace(reading, now=NOW, spool=SpoolReading(services=(*dead, young, late))))
    (family,) = (each for each in page.collect() if each.name == "holdfast_spool_waiting")
    shown = {sample.labels["service"] for sample in family.samples}
    assert len(shown) == SPOOLED_MAX
    assert "late" in shown
    assert "young" not in shown
