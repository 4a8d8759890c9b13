"""What the spooler has to know of a platform."""

from collections.abc import Iterable, Mapping

from holdfast.model.platform import Platform
from holdfast.model.recovery import Deferral
from holdfast.spooler.settings import SpooledService, SpoolSettings


def make_settings(platforms: Iterable[Platform], edges: Mapping[str, str]) -> SpoolSettings:
    """Settings for edges that have any of these platforms, the later ones first; `edges` are sockets by name.

    While a revision goes out, some edges have it and others don't: what either defers is taken.
    """
    services: dict[str, SpooledService] = {}
    bounds = None
    for platform in platforms:
        bounds = platform.spool
        for tenant, name, routes in _list_deferring(platform):
            known = services.get(name)
            merged = {**(known.routes if known else {}), **routes}
            services[name] = SpooledService(tenant=tenant, routes=merged)
    given = SpoolSettings(services=services, edges=dict(edges))
    return given if bounds is None else given.model_copy(update={"bounds": bounds})


def _list_deferring(platform: Platform) -> Iterable[tuple[str, str, dict[str, Deferral]]]:
    for tenant_name, tenant in platform.tenants.items():
        for name, service in tenant.services.items():
            routes = {route.name: route.deferred for route in service.routes if route.deferred is not None}
            if routes:
                yield tenant_name, name, routes
