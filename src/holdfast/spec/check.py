"""A platform file's text -> the platform, or everything that is wrong with it at once."""

from collections.abc import Callable, Iterable, Mapping
from typing import Final, NamedTuple

from holdfast.model.diagnostic import Diagnostic, Severity
from holdfast.model.platform import Platform
from holdfast.spec.bundle import split_text
from holdfast.spec.codes import Finding, show_path, warning
from holdfast.spec.directory import NO_PLATFORM, Content, bundle_files, read_parts
from holdfast.spec.document import decode_text, diagnose
from holdfast.spec.events import Mark
from holdfast.spec.facts import Facts
from holdfast.spec.read import read_platform
from holdfast.spec.rules import check_platform
from holdfast.spec.rules.facts import check_facts
from holdfast.spec.source import SourceMap

DIAGNOSTICS_MAX: Final = 1_000
"""The most diagnostics of one check; the one after them then says how many more there are."""

TOO_MANY = warning(
    "HF901",
    "more diagnostics than are shown",
    f"One check shows {DIAGNOSTICS_MAX:,} diagnostics, errors before warnings.",
)


class Checked(NamedTuple):
    """What came of a check; `platform` is None if and only if one of the diagnostics is an error."""

    platform: Platform | None
    diagnostics: tuple[Diagnostic, ...]
    source_map: SourceMap


def check_text(text: str, file: str, facts: Facts = Facts()) -> Checked:  # noqa: B008 - it is immutable
    """Check the text of a platform file. Diagnostics are in the order of the text. Nothing is raised."""
    source_map = SourceMap(text, file)
    document = read_parts(split_text(text), file)
    if document.tree is None:
        return Checked(None, _order(document.diagnostics, source_map), source_map)
    reading = read_platform(document.tree)
    findings = (*reading.findings, *check_platform(reading.platform, reading.broken))
    if not reading.broken & {"locations", "tenants"}:
        findings += tuple(check_facts(reading.platform, facts))
    return _conclude(reading.platform, document.diagnostics, findings, source_map)


def add_facts(checked: Checked, facts: Facts) -> Checked:
    """A check with what was found out since about the world, without reading the text again."""
    if checked.platform is None:
        return checked
    findings = tuple(check_facts(checked.platform, facts))
    return _conclude(checked.platform, checked.diagnostics, findings, checked.source_map)


def check_bytes(data: bytes, file: str, facts: Facts = Facts()) -> Checked:  # noqa: B008 - it is immutable
    """Check a platform file as it was read; bytes that aren't UTF-8 are diagnosed too."""
    text = decode_text(data, file)
    return Checked(None, (text,), SourceMap("")) if isinstance(text, Diagnostic) else check_text(text, file, facts)


def check_files(files: Mapping[str, Content], path: str) -> Checked:
    """Check a platform that is a directory, by its files' names below `path`. Its one text is in the source map."""
    text, refused = bundle_files(files, path)
    checked = check_text(text, path) if text else Checked(None, (), SourceMap(text, path))
    if not refused:
        return checked
    known = (each for each in checked.diagnostics if each.code != NO_PLATFORM.name)
    return Checked(None, _order((*refused, *known), checked.source_map), checked.source_map)


def _conclude(
    platform: Platform, known: tuple[Diagnostic, ...], findings: tuple[Finding, ...], source_map: SourceMap
) -> Checked:
    """Everything found so far, in order. Of two complaints about one word, only the one already known is kept."""
    places = {(each.file, each.line, each.column) for each in known if each.severity is Severity.ERROR and each.text}
    located = (_locate(finding, source_map) for finding in findings)
    diagnostics = (*known, *(each for each in located if (each.file, each.line, each.column) not in places))
    sound = not any(each.severity is Severity.ERROR for each in diagnostics)
    return Checked(platform if sound else None, _order(diagnostics, source_map), source_map)


def locate_findings(findings: Iterable[Finding], source_map: SourceMap) -> tuple[Diagnostic, ...]:
    """Findings as diagnostics of the text that they are about, in its order."""
    return _order((_locate(finding, source_map) for finding in findings), source_map)


def _locate(finding: Finding, source_map: SourceMap) -> Diagnostic:
    file = source_map.file_of(finding.path)
    mark = source_map.position(finding.path, on_key=finding.on_key)
    text = source_map.written(finding.path, on_key=finding.on_key)
    message = finding.message
    if finding.first:
        first: Mark = source_map.position(finding.first)
        other = source_map.file_of(finding.first)
        where = "" if other == file else f"{other}, "
        message += f" ({where}line {first.line}, column {first.column})"
    found = diagnose(finding.code, file, mark, text, message, finding.fix)
    return found.model_copy(update={"path": show_path(finding.path)})


def _order(diagnostics: Iterable[Diagnostic], source_map: SourceMap) -> tuple[Diagnostic, ...]:
    by_place = _rank_by_place(source_map)
    ordered = sorted(dict.fromkeys(diagnostics), key=by_place)
    rest = len(ordered) - DIAGNOSTICS_MAX
    if rest <= 0:
        return tuple(ordered)
    kept = sorted(ordered, key=lambda each: each.severity is not Severity.ERROR)[:DIAGNOSTICS_MAX]
    kept.sort(key=by_place)
    last = kept[-1]
    message = f"{rest:,} more diagnostics aren't shown"
    fix = "mend those above and check again"
    return (*kept, diagnose(TOO_MANY, last.file, Mark(last.line, last.column), "", message, fix))


def _rank_by_place(source_map: SourceMap) -> Callable[[Diagnostic], tuple[int, str, int, int, str, str]]:
    """File by file as they stand in the text, files that aren't in it last; then from top to bottom."""
    ranks = {file: rank for rank, file in enumerate(source_map.files)}
    return lambda each: (
        ranks.get(each.file, len(ranks)), each.file, each.line, each.column, each.code, each.message
    )  # fmt: skip
