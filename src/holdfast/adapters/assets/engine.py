"""Where nginx is, and the modules that it needs."""

import os
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

_BINARIES = ("/usr/sbin", "/usr/local/sbin", "/usr/local/nginx/sbin")
_MODULE_FOLDERS = ("/usr/lib/nginx/modules", "/usr/lib64/nginx/modules", "/usr/share/nginx/modules")
_MODULES = ("ndk_http_module.so", "ngx_http_lua_module.so")


class NoEngine(Exception):
    """There is no engine for last good copies on this machine; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Engine:
    """nginx's binary, and the modules to load, in their order."""

    binary: Path
    modules: tuple[Path, ...]


def find_engine(module_folders: Iterable[str] = _MODULE_FOLDERS) -> Engine:
    """The engine to run: `HOLDFAST_NGINX` if set, else the nginx of this machine; NoEngine if a part is missing."""
    chosen = os.environ.get("HOLDFAST_NGINX")
    found = chosen or shutil.which("nginx") or shutil.which("nginx", path=os.pathsep.join(_BINARIES))
    if not found or not os.access(found, os.X_OK):
        raise NoEngine(_explain("HOLDFAST_NGINX names no executable file" if chosen else "nginx isn't there"))
    for folder in map(Path, module_folders):
        modules = tuple(folder / name for name in _MODULES)
        if all(module.is_file() for module in modules):
            return Engine(Path(found), modules)
    raise NoEngine(_explain("nginx has no Lua module"))


def _explain(problem: str) -> str:
    return (
        f"no last good copies are kept, {problem}: install the Debian packages nginx and libnginx-mod-http-lua, "
        "or their like, and start again"
    )
