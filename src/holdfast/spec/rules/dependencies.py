"""What services depend on: services that there are, and never each other in a circle."""

from collections.abc import Iterator

from holdfast.model.dependencies import find_cycle
from holdfast.model.platform import Platform
from holdfast.spec.codes import Finding, error
from holdfast.spec.rules.walk import each_service
from holdfast.spec.suggest import nearest

UNKNOWN_DEPENDENCY = error(
    "HF341",
    "a dependency that isn't there",
    "A service is brought back after those that it depends on; these are services of this platform, of any tenant. "
    "What isn't on the platform isn't brought back by Holdfast, and can't be waited for.",
    wrong="tenants: {acme: {services: {shop: {depends_on: [database]}}}}",
    right="tenants: {acme: {services: {shop: {depends_on: []}}}}",
)
DEPENDENCY_CIRCLE = error(
    "HF342",
    "services that depend on each other in a circle",
    "After an outage, each would wait for the other, for ever. Usually one of the two can start without the other, and "
    "needs it only for some requests; then it doesn't depend on it in this sense.",
    wrong="""
tenants:
  acme:
    services:
      shop: {depends_on: [pay]}
      pay:
        hosts: [pay.example.com]
        upstream: {endpoints: ["127.0.0.1:9102"]}
        depends_on: [shop]
""",
    right="""
tenants:
  acme:
    services:
      shop: {depends_on: [pay]}
      pay:
        hosts: [pay.example.com]
        upstream: {endpoints: ["127.0.0.1:9102"]}
""",
)


def check_dependencies(platform: Platform) -> Iterator[Finding]:
    """Every dependency is a service, and none leads back to where it began."""
    owned = {each.name: each for each in each_service(platform)}
    for each in owned.values():
        for index, needed in enumerate(each.service.depends_on):
            if needed not in owned:
                near = nearest(needed, owned)
                fix = f"write `{near}`" if near else "name a service of this platform, or take it out"
                path = (*each.path, "depends_on", index)
                yield UNKNOWN_DEPENDENCY.at(path, f"{each.name} depends on {needed}, which is no service", fix)
    cycle = find_cycle({name: each.service.depends_on for name, each in owned.items()})
    if cycle:
        first = owned[cycle[0]]
        told = " depends on ".join((*cycle, cycle[0]))
        fix = f"take out the dependency that {cycle[0]} can start without"
        yield DEPENDENCY_CIRCLE.at((*first.path, "depends_on"), told, fix)
