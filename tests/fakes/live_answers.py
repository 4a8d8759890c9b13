"""What the fake platform of the console tells of its past, of what would be, and of what is asked of it."""

from holdfast.model.logged_request import LoggedRequest
from holdfast.model.mitigation import Block, Kill, Measure
from holdfast.model.prediction import Prediction, Verdict
from holdfast.model.query import Operation, QueryFlag, QueryMeasures, ServiceQueries
from holdfast.views.explanation import (
    Explanation,
    ExplanationsDocument,
    FigureDocument,
    KnownFrom,
    LineDocument,
    Origin,
    Outcome,
    RevisionBrief,
)
from holdfast.views.live_history import EntryDocument, EntryKind, HistoryPage
from holdfast.views.live_services import RefusalRateDocument
from holdfast.views.live_traffic import TrafficDocument

_STORY = (
    (EntryKind.REVISION, "r12", "Revision in force", "platform.yaml: more room for search", "ann", None),
    (EntryKind.FINDING, "f-3", "Surge opened", "9.9 k/s, usually 903/s", "holdfast", "acme-shop"),
    (EntryKind.SUGGESTION, "f-3", "Deny suggested", "network 203.0.113.0/24, 198.51.100.0/24", "holdfast", "acme-shop"),
    (EntryKind.TENANT, "m-6", "acme was told", "ops@acme.example", "holdfast", "acme-shop"),
    (EntryKind.MITIGATION, "m-6", "Limit ended", "expired", "holdfast", "globex-api"),
    (EntryKind.COMPONENT, "analyser", "Switched off", "it used 1.9 of 0.5 cores for 5 s", "holdfast", None),
    (EntryKind.LIMITS, "wayne-docs", "Owner chose limits", "40/s", "bruce", "wayne-docs"),
)
_ENTRIES = 260


def show_history(at: float, tenant: str | None, before: int | None, count_max: int) -> HistoryPage:
    """The same week again and again."""
    newest = _ENTRIES if before is None else before - 1
    entries = []
    for sequence in range(newest, max(0, newest - count_max), -1):
        kind, subject, title, detail, author, service = _STORY[sequence % len(_STORY)]
        if tenant is not None and not (service or "").startswith(f"{tenant}-"):
            continue
        entry = EntryDocument(
            sequence=sequence,
            at=at - (_ENTRIES - sequence) * 311,
            kind=kind,
            subject=subject,
            title=title,
            detail=detail,
            author=author,
            service=service,
        )
        entries.append(entry)
    oldest = newest - count_max + 1
    return HistoryPage(entries=tuple(entries), older=oldest if oldest > 1 else None)


def explain_refusal(request_id: str, now: float, user_agent: str) -> ExplanationsDocument:
    """A request that met its service's limit."""
    line = LineDocument(
        file="platform.yaml", line=41, column=9, text="requests: 2000/s", path="defaults.limits.requests", revision=12
    )
    request = LoggedRequest(
        at=now - 30,
        edge="fra-1",
        request_id=request_id,
        service="acme-shop",
        tenant="acme",
        client="203.0.113.9",
        method="GET",
        host="acme-shop.example",
        path="/checkout",
        protocol="HTTP/1.1",
        status=429,
        cause="limit.service",
        rule="limit.service",
        duration_s=0.0004,
        user_agent=user_agent,
    )
    explanation = Explanation(
        known_from=KnownFrom.LOG,
        request=request,
        outcome=Outcome.REFUSED,
        location="fra",
        summary="The edge refused it: acme-shop's limit of 2000/s was used up.",
        details=("At that moment 9.8 k requests a second were offered, and 2000/s were let through.",),
        figures=(
            FigureDocument(name="limit", value="2000/s", origin=Origin.DEFAULTS, line=line),
            FigureDocument(name="burst", value="4000", origin=Origin.BUILT_IN),
        ),
        revision=RevisionBrief(
            number=12, file="platform.yaml", author="ann", reason="more room", since=now - 9_000, still=True
        ),
        advice=("If this was normal traffic, raise the limit: holdfast limits acme-shop --requests 3000/s",),
    )
    return ExplanationsDocument(request_id=request_id, explanations=(explanation,))


def predict(measure: Measure) -> Prediction:
    """Kills hurt, the rest doesn't."""
    harmful = isinstance(measure, Kill) or (isinstance(measure, Block) and measure.service is None)
    why = "it refuses every client" if harmful else "it refuses what came with the surge and little else"
    return Prediction(
        verdict=Verdict.HARMFUL if harmful else Verdict.HARMLESS,
        why=why,
        samples=4_812,
        refused_share=1.0 if harmful else 0.91,
        normal_refused_share=1.0 if harmful else 0.004,
        clients_refused=903 if harmful else 212,
        clients=903,
        refused_per_s=9_400.0 if harmful else 8_600.0,
    )


def tell_refusals(traffic: TrafficDocument) -> tuple[RefusalRateDocument, ...]:
    rules = (
        RefusalRateDocument(rule="limit.service", per_s=traffic.limited, why="the service's limit is used up"),
        RefusalRateDocument(rule="bulkhead", per_s=traffic.shed, why="40 requests are in flight, which is the most"),
        RefusalRateDocument(rule="deny.m-8", per_s=traffic.mitigated, why="m-8 denies two networks"),
    )
    return tuple(rule for rule in rules if rule.per_s)


def tell_queries(service: str, text: str) -> ServiceQueries:
    deep = QueryMeasures(depth=14, fields=9_804, aliases=120, directives=0, cost=48_211)
    plain = QueryMeasures(depth=3, fields=12, aliases=0, directives=0, cost=31)
    return ServiceQueries(
        service=service,
        requests=18_400.0,
        operations=(
            Operation(
                fingerprint="9f86d081884c7d65",
                text=text,
                requests=310.0,
                measures=deep,
                flags=(QueryFlag.DEEP, QueryFlag.COSTLY, QueryFlag.MANY_ALIASES),
            ),
            Operation(fingerprint="60303ae22b998861", text="{ me { name } }", requests=18_000.0, measures=plain),
        ),
    )
