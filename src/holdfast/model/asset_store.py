"""How the store of last good copies is: what it keeps, what it did, and what is wrong with it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StoreFigures:
    """What is on disk now, and what happened since the engine was started.

    `kept` are answers judged fit to keep, `validated` those that an upstream said still hold, `refused` and
    `withdrawn` those that weren't kept, or no longer. `served` were answered from copies, `stale` of them no longer
    fresh; `missing` were asked for in vain. `throttled` are fetches that would have been one too many.
    """

    bytes: int = 0
    objects: int = 0
    kept: int = 0
    validated: int = 0
    withdrawn: int = 0
    refused: int = 0
    throttled: int = 0
    served: int = 0
    stale: int = 0
    missing: int = 0


@dataclass(frozen=True, slots=True)
class StoreStanding:
    """For whom the store keeps copies, what is wrong with it, and its figures when they were last read.

    Without `services` nothing is static, and no engine runs. A `problem` means that copies may be missing.
    """

    services: tuple[str, ...] = ()
    problem: str = ""
    figures: StoreFigures | None = None
