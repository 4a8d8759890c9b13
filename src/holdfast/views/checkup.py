"""What was seen of a machine, as people are shown it."""

from collections.abc import Iterable

from holdfast.model.checkup import Check, Fitness
from holdfast.model.noun import Noun


class CheckupDocument(Noun):
    """Everything that was looked at, what is worst first, and how much of it is how."""

    checks: tuple[Check, ...]
    fit: int
    doubtful: int
    unfit: int


def show_checkup(checks: Iterable[Check]) -> CheckupDocument:
    """A document of all checks."""
    rank = {Fitness.UNFIT: 0, Fitness.DOUBTFUL: 1, Fitness.FIT: 2}
    ordered = tuple(sorted(checks, key=lambda check: rank[check.fitness]))
    count = {each: sum(check.fitness is each for check in ordered) for each in Fitness}
    return CheckupDocument(
        checks=ordered,
        fit=count[Fitness.FIT],
        doubtful=count[Fitness.DOUBTFUL],
        unfit=count[Fitness.UNFIT],
    )
