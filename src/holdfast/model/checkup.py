"""Whether a machine is fit to run control and edges."""

from enum import StrEnum

from holdfast.model.noun import Noun


class Fitness(StrEnum):
    """What is said of one thing. Doubtful: it works, and will hurt under load or in an outage."""

    FIT = "fit"
    DOUBTFUL = "doubtful"
    UNFIT = "unfit"


class Check(Noun):
    """One thing that was looked at: how it is, what was seen, and what to do about it (nothing, if it is fit)."""

    name: str
    fitness: Fitness
    told: str
    remedy: str = ""


def fit(name: str, told: str) -> Check:
    """It is as it should be."""
    return Check(name=name, fitness=Fitness.FIT, told=told)


def doubtful(name: str, told: str, remedy: str) -> Check:
    """It works, and will hurt."""
    return Check(name=name, fitness=Fitness.DOUBTFUL, told=told, remedy=remedy)


def unfit(name: str, told: str, remedy: str) -> Check:
    """It doesn't work."""
    return Check(name=name, fitness=Fitness.UNFIT, told=told, remedy=remedy)
