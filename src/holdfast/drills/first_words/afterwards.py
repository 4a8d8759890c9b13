"""What is left when attacks are over: a postmortem, promises, a page of protections, and a site that needs nobody."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from html.parser import HTMLParser
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urldefrag, urljoin, urlsplit

import httpx
import psutil

from holdfast.drills.first_words.stand import wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from holdfast.drills.first_words.stand import Seen, Stand

PROMISE: Final = "Limits for every tenant are reviewed each quarter"
PROMISED_S_MAX: Final = 30.0
GONE_S_MAX: Final = 10.0
PAGES_MAX: Final = 2_000


@dataclass(frozen=True, slots=True)
class Postmortem:
    """One postmortem: its moments in seconds since it began (None: not measured), and what its chart shows."""

    moments_s: dict[str, float | None]
    has_usual_mean: bool
    mitigations: int
    is_drawn: bool
    public: str


@dataclass(frozen=True, slots=True)
class Crawl:
    """What a browser found of the site with every process of Holdfast killed: pages read whole, and those that failed,
    or that lead elsewhere for what they show.
    """

    read: int
    failed: tuple[str, ...]
    processes_left: int


def write_postmortem(stand: Stand, incident: Seen, folder: Path) -> Postmortem:
    """Have an incident's postmortem written, for those inside and for the public. Raises CommandFailed."""
    page, public = folder / f"{incident.id}.html", folder / f"{incident.id}-public.html"
    told: dict[str, Any] = json.loads(stand.run("postmortem", incident.id, "--format", "json"))
    stand.run("postmortem", incident.id, "--format", "html", "--to", str(page))
    stand.run("postmortem", incident.id, "--format", "html", "--public", "--to", str(public))
    text = page.read_text(encoding="utf-8")
    chart = told["chart"]
    return Postmortem(
        moments_s={each["name"]: each["after_s"] for each in told["moments"]},
        has_usual_mean=any(value is not None for value in chart["traffic"]["usual"]),
        mitigations=len(chart["spans"]),
        is_drawn="<svg" in text,
        public=public.read_text(encoding="utf-8"),
    )


def promise(stand: Stand, incident: Seen, site: Path) -> float | None:
    """Promise something in public: after how many seconds the site says so; None: never. Raises CommandFailed."""
    stand.run("follow-up", "add", incident.id, PROMISE, "--owner", "ann", "--due", "2099-01-31", "--public", PROMISE)
    began_at = time.time()
    said_at = wait_for(PROMISED_S_MAX, lambda: any(PROMISE in _read(page) for page in site.rglob("*.html")))
    return None if said_at is None else said_at - began_at


def crawl_alone(stand: Stand, site: Path) -> Crawl:
    """Kill every process of Holdfast, Envoys included, and read the whole site from a plain web server."""
    holdfast = stand.holdfast
    pids = [holdfast.control_pid, *holdfast.agent_pids, *(envoy.pid for envoy in holdfast.envoys.values())]
    holdfast.kill_control()
    for pid in pids[1:]:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    stand.tell("every process of Holdfast is killed")
    wait_for(GONE_S_MAX, lambda: not any(map(_is_alive, pids)))
    with _serve(site) as base:
        read, failed = _crawl(base)
    return Crawl(read, tuple(failed), sum(map(_is_alive, pids)))


def _is_alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _read(page: Path) -> str:
    try:
        return page.read_text(encoding="utf-8")
    except OSError:
        return ""


class _Links(HTMLParser):
    """Gathers what a page leads to, and what it loads."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take in a tag."""
        del tag
        self.found += [value for name, value in attrs if name in ("href", "src") and value]


def _crawl(base: str) -> tuple[int, list[str]]:
    waiting, known, failed, read = [base], {base}, list[str](), 0
    with httpx.Client() as client:
        while waiting and read < PAGES_MAX:
            url = waiting.pop()
            answer = client.get(url)
            if not answer.is_success:
                failed.append(url)
                continue
            read += 1
            if "html" not in answer.headers.get("content-type", ""):
                continue
            links = _Links()
            links.feed(answer.text)
            here = {urldefrag(urljoin(url, link)).url for link in links.found}
            new = {link for link in here if urlsplit(link).netloc == urlsplit(base).netloc} - known
            known |= new
            waiting += sorted(new)
    return read, failed


@contextmanager
def _serve(site: Path) -> Iterator[str]:
    handler = partial(_Quiet, directory=str(site))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the library's
        """Say nothing."""
