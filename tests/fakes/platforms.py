"""Small platforms: a text of `a b c` is a platform of the services a, b and c, of the tenant t-a and so on."""

from holdfast.model.diagnostic import Diagnostic, Severity
from holdfast.model.platform import Bounds, Capacity, Edge, Location, Platform, Service, Tenant
from holdfast.model.upstream import Upstream
from holdfast.spec import Checked, SourceMap

LOCATIONS = {"east": ("e1", "e2"), "west": ("w1",)}


def make_platform(*services: str, bounds: Bounds | None = None) -> Platform:
    return Platform(
        holdfast=1,
        name="small",
        locations={
            name: Location(
                edges=tuple(Edge(name=edge, listen="127.0.0.1:8080") for edge in edges),
                capacity=Capacity(in_flight=100, requests=1000),
            )
            for name, edges in LOCATIONS.items()
        },
        bounds=bounds or Bounds(),
        tenants={f"t-{name}": Tenant(services={name: make_service(name)}) for name in services},
    )


def make_service(name: str) -> Service:
    return Service(hosts=(f"{name}.example",), upstream=Upstream(endpoints=("127.0.0.1:9000",)))


def check_names(text: str, file: str) -> Checked:
    """Stands in for the check of platform files."""
    if "!" in text:
        mistake = Diagnostic(
            code="HF000", severity=Severity.ERROR, message="an exclamation", fix="calm down", file=file
        )
        return Checked(None, (mistake,), SourceMap(""))
    return Checked(make_platform(*text.split()), (), SourceMap(""))
