"""Traffic as documents: rates are requests per second over the last seconds."""

from holdfast.model.noun import Noun


class TrafficDocument(Noun):
    """What is asked for and what becomes of it, in requests per second; `model.telemetry.Metric` says what each means.

    `in_flight` is a number of requests, now.
    """

    offered: float = 0.0
    admitted: float = 0.0
    limited: float = 0.0
    shed: float = 0.0
    mitigated: float = 0.0
    rejected: float = 0.0
    failed: float = 0.0
    client_errors: float = 0.0
    slow: float = 0.0
    slower: float = 0.0
    slowest: float = 0.0
    walled: float = 0.0
    in_flight: int = 0

    @property
    def refused(self) -> float:
        """What the edges refuse, for whatever cause."""
        return self.limited + self.shed + self.mitigated + self.rejected


class HeadroomDocument(Noun):
    """How much of a capacity is used (0 to 1 and beyond), and when all of it will be, if it goes on like this.

    `reached_in_s` is None if nothing grows towards it; `alarm` if that is sooner than it should be.
    """

    used: float
    reached_in_s: float | None = None
    alarm: bool = False


class TrafficHistory(Noun):
    """The last minutes of a service, oldest first, all of one length: Unix times in seconds and rates at each.

    A rate is None where no edge reported.
    """

    at: tuple[float, ...] = ()
    offered: tuple[float | None, ...] = ()
    admitted: tuple[float | None, ...] = ()
    refused: tuple[float | None, ...] = ()
    failed: tuple[float | None, ...] = ()
