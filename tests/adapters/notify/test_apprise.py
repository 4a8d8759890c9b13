"""Services that Apprise speaks to: they may hang, and what is said of their failures tells no secret."""

import asyncio
import threading
from contextlib import suppress
from typing import Any

import pytest
from pydantic import SecretStr

from edge.upstream import free_port
from holdfast.adapters.notify.letters import apprise_service
from holdfast.adapters.notify.letters.apprise_service import AppriseService
from holdfast.adapters.notify.notice import DeliveryFailed
from holdfast.model.letter import Channel, ChannelKind, Letter

DEADLINE_S = 90.0


async def breathe() -> None:
    """Let others have the loop for a moment."""
    with suppress(TimeoutError):
        await asyncio.wait_for(asyncio.Event().wait(), 0.005)


class _Stuck:
    """Apprise with a service that never answers."""

    class NotifyFormat:
        TEXT = "text"

    def __init__(self, hold: threading.Event) -> None:
        self._hold = hold

    def AppriseAsset(self, **_: Any) -> None:  # noqa: N802 - Apprise's name
        return None

    def Apprise(self, **_: Any) -> "_Stuck":  # noqa: N802 - Apprise's name
        return self

    def add(self, _url: str) -> bool:
        return True

    def notify(self, **_: Any) -> bool:
        return self._hold.wait(DEADLINE_S)


def test_a_service_that_hangs_is_waited_for_only_so_long_and_not_asked_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    hold = threading.Event()
    monkeypatch.setattr(apprise_service, "_import_apprise", lambda: _Stuck(hold))
    letter = Letter("k-1", Channel(ChannelKind.APPRISE, SecretStr("stuck://secret")), "subject", "text")

    async def run() -> list[str]:
        service, errors = AppriseService(whole_s=0.05), []
        for _ in range(2):
            with pytest.raises(DeliveryFailed) as failed:
                await service.send(letter)
            assert failed.value.passing
            errors.append(str(failed.value))
        hold.set()
        while True:
            try:
                await service.send(letter)
            except DeliveryFailed:
                await breathe()
            else:
                return errors

    errors = asyncio.run(asyncio.wait_for(run(), DEADLINE_S))
    assert errors == ["the service didn't answer within 0 s", "the service hasn't answered to an earlier try yet"]


@pytest.mark.parametrize(
    ("url", "error"),
    [
        ("nonsense://user:secret@host/", "Apprise knows no service of such a URL"),
        ("json://user:secret@127.0.0.1:{port}/", "JSON didn't take it"),
    ],
)
def test_what_apprise_says_of_a_failure_tells_no_secret(url: str, error: str, caplog: pytest.LogCaptureFixture) -> None:
    letter = Letter("k-1", Channel(ChannelKind.APPRISE, SecretStr(url.format(port=free_port()))), "subject", "text")

    async def run() -> str:
        with pytest.raises(DeliveryFailed) as failed:
            await AppriseService().send(letter)
        return str(failed.value)

    assert asyncio.run(run()) == error
    assert "secret" not in caplog.text
