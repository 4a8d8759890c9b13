"""A control with a past, whose explanations are served over HTTP."""

import asyncio
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from fastapi import FastAPI

from explain.moments import EVENTS, OTHER_TEXT, TEXT
from fakes.compiler import ReadableCompiler
from fakes.fleet import FakeCanary, FakeFleet
from fakes.journal import MemoryJournal
from holdfast.adapters.api import explain_routes, problems
from holdfast.adapters.api.access import TokenGate
from holdfast.adapters.api.server import ApiServer, bind_port
from holdfast.adapters.api.tokens import TokenStore, ensure_admin
from holdfast.model.logged_request import LoggedRequest
from holdfast.model.ports import JournalCorrupt, Recorded
from holdfast.model.token import Role
from holdfast.runtime.control import Control, World
from holdfast.runtime.explaining import Explainer
from holdfast.runtime.reading import PlatformReader


class PastJournal(MemoryJournal):
    """Holds what was decided about two revisions; `broken` makes it unreadable."""

    def __init__(self) -> None:
        super().__init__()
        self.texts = {"a" * 64: TEXT, "b" * 64: OTHER_TEXT}
        self.append(EVENTS)
        self.broken = False
        self.reads: list[int] = []

    def read(self, after: int = 0) -> Sequence[Recorded]:
        self.reads.append(after)
        if self.broken:
            raise JournalCorrupt("broken")
        return super().read(after)


@dataclass
class Explained:
    """What is explained, and by whom."""

    journal: PastJournal = field(default_factory=PastJournal)
    logged: dict[str, tuple[LoggedRequest, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        world = World(
            self.journal, FakeFleet({"east": ("e1", "e2")}), FakeCanary(), ReadableCompiler(), PlatformReader(), _now
        )
        self.control = Control(world)

    async def find(self, request_id: str, _deadline_s: float) -> Sequence[LoggedRequest]:
        return self.logged.get(request_id, ())


@dataclass(frozen=True)
class Serving:
    url: str
    tokens: Mapping[str, str]


@contextmanager
def serve(explained: Explained, folder: Path) -> Iterator[Serving]:
    """The API's part that explains, for an admin, a viewer and an owner."""
    store = TokenStore(folder / "tokens.json", _now)
    ensure_admin(store, folder / "admin.token")
    tokens = {"admin": (folder / "admin.token").read_text().strip()}
    for role, tenant in ((Role.VIEWER, None), (Role.OWNER, "acme")):
        tokens[role] = store.create(role, role, tenant)[1].get_secret_value()
    started: Future[str] = Future()
    stop: Future[None] = Future()

    async def live() -> None:
        app = FastAPI()
        app.state.explainer = Explainer(explained.control, explained.find)
        app.include_router(explain_routes.router)
        app.add_middleware(TokenGate, tokens=store, open_paths=frozenset(), open_below=("/console",))
        problems.install(app)
        with bind_port("127.0.0.1", 0) as port:
            server = ApiServer(app, [port])
            serving = asyncio.create_task(server.serve())
            started.set_result(f"http://127.0.0.1:{port.getsockname()[1]}")
            await asyncio.wrap_future(stop)
            server.stop()
            await serving

    thread = threading.Thread(target=asyncio.run, args=(live(),))
    thread.start()
    try:
        yield Serving(started.result(60), tokens)
    finally:
        stop.set_result(None)
        thread.join(60)
        assert not thread.is_alive()


def _now() -> float:
    return 6_000.0
