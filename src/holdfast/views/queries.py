"""GraphQL operations as documents."""

from collections.abc import Sequence

from holdfast.model.component import ComponentStatus, Phase
from holdfast.model.noun import Noun
from holdfast.model.query import (
    Fingerprint,
    FlaggedOperation,
    Operation,
    QueryFlag,
    QueryMeasures,
    ServiceQueries,
    Unreadable,
)


class OperationDocument(Noun):
    """An operation, as `model.query.Operation`. `load_share` is its share of what all operations shown here cost."""

    fingerprint: Fingerprint
    text: str
    requests: float
    overcount: float
    load_share: float
    measures: QueryMeasures
    flags: tuple[QueryFlag, ...]


class QueriesDocument(Noun):
    """A service's operations, the costliest together first.

    `counts` says whether the analyser is trusted; `phase` and `note` say why it isn't. Nothing is known, which is not
    to say that there was nothing, if `answered` is false.
    """

    service: str
    answered: bool
    counts: bool
    phase: Phase
    note: str
    requests: float
    unreadable: dict[Unreadable, float]
    operations: tuple[OperationDocument, ...]


class FlaggedOperationDocument(Noun):
    """An operation that was found to be large or complex."""

    service: str
    fingerprint: Fingerprint
    text: str
    measures: QueryMeasures
    flags: tuple[QueryFlag, ...]


class FlaggedDocument(Noun):
    """Operations lately found to be large or complex, the newest first; of a trusted analyser only."""

    phase: Phase
    operations: tuple[FlaggedOperationDocument, ...]


def show_queries(service: str, queries: ServiceQueries | None, status: ComponentStatus) -> QueriesDocument:
    """What the analyser answered of a service; None if it didn't."""
    known = queries or ServiceQueries(service=service)
    total = sum(operation.load for operation in known.operations) or 1.0
    return QueriesDocument(
        service=service,
        answered=queries is not None,
        counts=status.phase is Phase.ON and queries is not None,
        phase=status.phase,
        note=status.why,
        requests=known.requests,
        unreadable=known.unreadable,
        operations=tuple(_show_operation(operation, total) for operation in known.operations),
    )


def show_flagged(flagged: Sequence[FlaggedOperation], status: ComponentStatus) -> FlaggedDocument:
    """Operations that were flagged, of whatever service."""
    return FlaggedDocument(
        phase=status.phase,
        operations=tuple(
            FlaggedOperationDocument(
                service=each.service,
                fingerprint=each.operation.fingerprint,
                text=each.operation.text,
                measures=each.operation.measures,
                flags=each.operation.flags,
            )
            for each in flagged
        ),
    )


def _show_operation(operation: Operation, total: float) -> OperationDocument:
    return OperationDocument(
        fingerprint=operation.fingerprint,
        text=operation.text,
        requests=operation.requests,
        overcount=operation.overcount,
        load_share=operation.load / total,
        measures=operation.measures,
        flags=operation.flags,
    )
