"""What nginx reads: which sockets it listens on, what it keeps where, and whom it asks."""

import os
import pwd
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from holdfast.adapters.assets.engine import Engine
from holdfast.adapters.assets.settings import StoreSettings, check_socket

_HERE: Final = Path(__file__).parent
_LUA: Final = _HERE / "lua"
_WINDOWS_PER_PART: Final = 10
"""In ten seconds a service may have a tenth of its part fetched anew, so that it overshoots by no more than that."""
TOLD_APART: Final = (
    "accept",
    "accept-encoding",
    "accept-language",
    "origin",
    "access-control-request-method",
    "access-control-request-headers",
)
"""Headers of a request that are passed on, so that answers may vary on them. As in `variant.lua`."""
_TEMPLATES: Final = Environment(
    loader=FileSystemLoader(_HERE),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    autoescape=False,  # noqa: S701 - not HTML
)
_UNSPEAKABLE: Final = frozenset('"\\$;{}\n')


def render_configuration(settings: StoreSettings, engine: Engine, workers: int = 1) -> str:
    """The configuration of the engine. ValueError if a path is too long for a socket, or not to be written there."""
    check_socket(settings.folder / "figures.sock")
    for path in (settings.folder, _LUA, *settings.edge_sockets, *engine.modules):
        if _UNSPEAKABLE & set(str(path)):
            raise ValueError(f"{path} has characters that nginx can't read: choose another place")
    return _TEMPLATES.get_template("engine.conf.j2").render(
        workers=workers,
        user=_own_user(),
        modules=engine.modules,
        lua=_LUA,
        sockets=settings.folder,
        edge_sockets=settings.edge_sockets,
        services=settings.services,
        zones=settings.zones(),
        unused_max_s=max(1, int(settings.unused_max_s)),
        object_max=settings.largest_bytes,
        fetches_max=settings.fetches_max,
        fetched_bytes_max=max(1, settings.part_bytes // _WINDOWS_PER_PART),
        variants_max=settings.variants_max,
        told_apart=TOLD_APART,
        service_header=_variable(settings.headers.service),
        host_header=_variable(settings.headers.host),
        path_header=_variable(settings.headers.path),
        service_header_name=settings.headers.service,
        inner_header_name=settings.headers.inner,
        inner_value=settings.headers.inner_value,
    )


def _variable(header: str) -> str:
    return header.lower().replace("-", "_")


def _own_user() -> str:
    """Started as root, nginx would give its workers to another user, who may not reach edges' sockets."""
    return pwd.getpwuid(0).pw_name + " " + "root" if os.geteuid() == 0 else ""
