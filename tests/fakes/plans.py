"""A plan with something of everything."""

from functools import cache

from fakes.live import HOSTILE
from holdfast.model.danger import Danger
from holdfast.model.recorded import RecordedRequest
from holdfast.views.plan import (
    ChangesDocument,
    DifferenceDocument,
    EditDocument,
    OutcomeDocument,
    PlanDocument,
    ServiceChangeDocument,
)

LOST = Danger(
    "requests-lost",
    "requests that acme-shop answers now would get 404 (120 were recorded)",
    ("acme-shop",),
    ("GET shop.acme.example/cart: 200 → 404 (no-route)",),
)
BELOW = Danger(
    "limit-below-usual",
    "acme-shop has 412 requests/s at its peak, and limits.requests would be 200 instead of 500",
    ("acme-shop",),
    ("limits.requests: 500 → 200, used: 412",),
)


@cache
def make_plan() -> PlanDocument:
    """A change of two services that must be confirmed twice."""
    edits = (
        EditDocument(path="limits.requests", old="500/s", new="200/s"),
        EditDocument(path="routes", old=[{"name": HOSTILE}], new=[{"name": "pages"}]),
    )
    services = (
        ServiceChangeDocument(service="acme-shop", tenant="acme", kind="changed", edits=edits),
        ServiceChangeDocument(service="acme-news", tenant="acme", kind="added", edits=()),
    )
    request = RecordedRequest(method="GET", host="shop.acme.example", path="/cart", weight=120)
    answered = make_outcome(200, endpoints=("127.0.0.1:9000",), path="/cart", host="shop.acme.example")
    lost = make_outcome(404, cause="no-route")
    moved = make_outcome(200, endpoints=("127.0.0.1:9001",), path="/v2/news", host="shop.acme.example")
    differences = (
        DifferenceDocument(request=request, old=answered, new=lost, aspects=("answer", "upstream"), loses=True),
        DifferenceDocument(
            request=RecordedRequest(method="GET", host="shop.acme.example", path="/news", expect=200),
            old=answered,
            new=moved,
            aspects=("upstream", "path"),
            loses=False,
        ),
    )
    return PlanDocument(
        verdict="confirm",
        against=7,
        changes=ChangesDocument(services=services, shared=(EditDocument(path="mode", old="observe", new="enforce"),)),
        asked=1_204,
        different=2,
        differences=differences,
        dangers=(LOST, BELOW),
    )


def make_outcome(
    status: int, cause: str = "", endpoints: tuple[str, ...] = (), path: str = "", host: str = ""
) -> OutcomeDocument:
    return OutcomeDocument(
        status=status, service="acme-shop", route="", cause=cause, endpoints=endpoints, protocol="http1", path=path,
        host=host, sent=(), answered=(), body="",
    )  # fmt: skip
