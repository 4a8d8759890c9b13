"""What held at the time of a request."""

from dataclasses import dataclass
from functools import cached_property
from typing import Final

from holdfast.explain.history import History, PastMitigation
from holdfast.model.intent import Intent
from holdfast.model.mitigation import Mitigation, MitigationId
from holdfast.model.platform import Location, Platform
from holdfast.model.revision import Revision
from holdfast.spec.source import SourceMap
from holdfast.views.explanation import LineDocument, MitigationStory, RevisionBrief, TellingDocument

Path = tuple[str | int, ...]
LINE_CHARACTERS_MAX: Final = 200


@dataclass(frozen=True)
class Moment:
    """A Unix time (in seconds), the history of everything, and the platform in force then with the text it came from.

    `platform` and `source` are None where nothing was in force, or its text can't be read any more.
    """

    at: float
    history: History
    platform: Platform | None = None
    source: SourceMap | None = None

    @cached_property
    def revision(self) -> tuple[Revision, float] | None:
        """The revision that was in force, and since when."""
        return self.history.revision_at(self.at)

    @cached_property
    def mitigations(self) -> tuple[Mitigation, ...]:
        """What was mitigated."""
        return self.history.mitigations_at(self.at)

    @cached_property
    def intent(self) -> Intent | None:
        """What the edges were compiled from."""
        if self.platform is None:
            return None
        return Intent(self.platform, self.history.owner_limits_at(self.at), self.mitigations)

    def find_location(self, edge: str) -> tuple[str, Location] | None:
        """The location that an edge stood at; the only one there is, if no edge is named."""
        places = self.platform.locations if self.platform else {}
        if not edge and len(places) == 1:
            return next(iter(places.items()))
        return next(((n, p) for n, p in places.items() if any(e.name == edge for e in p.edges)), None)

    def find_line(self, path: Path) -> LineDocument | None:
        """The line of the platform file that says something; None if it doesn't say it."""
        if self.source is None or self.revision is None or path not in self.source:
            return None
        revision, _ = self.revision
        file, mark = self.source.file_of(path), self.source.position(path, on_key=True)
        return LineDocument(
            file=file,
            line=mark.line,
            column=mark.column,
            text=self.source.lines_of(file)[mark.line - 1].strip()[:LINE_CHARACTERS_MAX],
            path=".".join(str(part) for part in path),
            revision=revision.number,
        )

    def show_revision(self) -> RevisionBrief | None:
        """The revision that was in force, for people and programs to read."""
        if self.revision is None:
            return None
        revision, since = self.revision
        return RevisionBrief(
            number=revision.number,
            file=revision.file,
            author=revision.author,
            reason=revision.reason,
            since=since,
            still=self.history.in_force == revision.number,
        )

    def tell_mitigation(self, mitigation: MitigationId) -> MitigationStory | None:
        """A mitigation as it was, and what became of it; None if the journal doesn't know it."""
        past = self.history.mitigation(mitigation)
        return self._tell(past) if past else None

    def _tell(self, past: PastMitigation) -> MitigationStory:
        mitigation = past.at(self.at)
        found = self.history.finding(mitigation.finding) if mitigation.finding else None
        return MitigationStory(
            mitigation=mitigation,
            ended_at=past.ended.at if past.ended else None,
            ended_by=past.ended.author if past.ended else "",
            why_ended=past.ended.why if past.ended else "",
            finding_id=mitigation.finding,
            finding=found.finding if found else None,
            found_until=found.closed_at if found else None,
            told=tuple(TellingDocument(contact=t.contact, at=t.at, error=t.error) for t in past.told),
        )
