"""What a change would do, as a document: the same for the command line, the API and the console."""

from typing import Final, Literal

from pydantic import JsonValue

from holdfast.model.danger import Danger
from holdfast.model.diagnostic import Diagnostic, Severity
from holdfast.model.noun import Noun
from holdfast.model.recorded import RecordedRequest
from holdfast.model.revision import RevisionNumber

DIFFERENCES_MAX: Final = 1_000
"""Differences in one document: first those that lose what they get now, then the weightiest."""
Verdict = Literal["sound", "confirm", "refused"]
"""Whether a change may go on: nothing is wrong, somebody must confirm what was found, or it can't."""


class EditDocument(Noun):
    """One place of the file, as a path of keys, and what stands there before and after, as a person writes it."""

    path: str
    old: JsonValue
    new: JsonValue


class ServiceChangeDocument(Noun):
    """A service that isn't as it was, and whose it is now, or was at last."""

    service: str
    tenant: str
    kind: Literal["added", "removed", "changed"]
    edits: tuple[EditDocument, ...]


class ChangesDocument(Noun):
    """All that the file says otherwise. `shared` is everything outside of services."""

    services: tuple[ServiceChangeDocument, ...] = ()
    shared: tuple[EditDocument, ...] = ()


class OutcomeDocument(Noun):
    """What became of a request at a scratch edge.

    `endpoints` are where it would have been sent, as what (`path`, `host`, `sent`); empty if the edge answered itself,
    by `cause` if it turned it away.
    """

    status: int
    service: str | None
    route: str
    cause: str
    endpoints: tuple[str, ...]
    protocol: str
    path: str
    host: str
    sent: tuple[tuple[str, str], ...]
    answered: tuple[tuple[str, str], ...]
    body: str


class DifferenceDocument(Noun):
    """A request that is treated differently, and in what. `loses` is whether it is served now and would not be."""

    request: RecordedRequest
    old: OutcomeDocument
    new: OutcomeDocument
    aspects: tuple[str, ...]
    loses: bool


class NackDocument(Noun):
    """Something that Envoy refuses, in its words."""

    kind: str
    message: str
    resources: tuple[str, ...]


class PlanDocument(Noun):
    """What a change would do. What couldn't be asked, since something before it failed, is empty.

    `against` is the revision that it was compared with, None for a file. Of `asked` requests and probes, `different`
    would be treated differently; `differences` are at most `DIFFERENCES_MAX` of these. `confirmed` are the codes of
    dangers that somebody has confirmed.
    """

    verdict: Verdict
    against: RevisionNumber | None = None
    confirmed: tuple[str, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    changes: ChangesDocument = ChangesDocument()
    asked: int = 0
    different: int = 0
    differences: tuple[DifferenceDocument, ...] = ()
    dangers: tuple[Danger, ...] = ()
    nacks: tuple[NackDocument, ...] = ()

    @property
    def errors(self) -> tuple[Diagnostic, ...]:
        """What keeps the file from being one."""
        return tuple(each for each in self.diagnostics if each.severity is Severity.ERROR)

    @property
    def unconfirmed(self) -> tuple[str, ...]:
        """The codes that must be confirmed yet, each once."""
        return tuple(dict.fromkeys(each.code for each in self.dangers if each.code not in self.confirmed))
