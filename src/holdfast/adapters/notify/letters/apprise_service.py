"""Letters through Apprise, which knows the ways of a hundred services. See https://github.com/caronc/apprise."""

import asyncio
import logging
from contextlib import suppress
from functools import partial
from threading import Thread
from typing import Any, Final

from holdfast.adapters.notify.notice import DeliveryFailed
from holdfast.model.letter import Letter

WHOLE_S: Final = 30.0
"""How long a service may take."""


class AppriseService:
    """Sends each letter in a thread of its own, since Apprise waits, and not every service sets itself a limit.

    A thread that is waited for no longer can't be ended: until it has, its address is sent nothing more.
    """

    def __init__(self, whole_s: float = WHOLE_S) -> None:
        self._whole_s = whole_s
        self._underway: set[str] = set()

    async def send(self, letter: Letter) -> None:
        """Send a letter once; DeliveryFailed, which tells no secrets, unless the service took it."""
        address = letter.channel.address.get_secret_value()
        if address in self._underway:
            raise DeliveryFailed("the service hasn't answered to an earlier try yet", passing=True)
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[str | None] = loop.create_future()
        self._underway.add(address)

        def end(error: str | None) -> None:
            self._underway.discard(address)
            if not answer.done():
                answer.set_result(error)

        def work() -> None:
            error = _notify(address, letter.subject, letter.text)
            with suppress(RuntimeError):  # the loop may be closed
                loop.call_soon_threadsafe(partial(end, error))

        Thread(target=work, name="apprise", daemon=True).start()
        try:
            async with asyncio.timeout(self._whole_s):
                error = await answer
        except TimeoutError:
            raise DeliveryFailed(f"the service didn't answer within {self._whole_s:.0f} s", passing=True) from None
        if error is not None:
            raise DeliveryFailed(error, passing=error != _UNKNOWN)


_UNKNOWN: Final = "Apprise knows no service of such a URL"


def _notify(address: str, subject: str, text: str) -> str | None:
    """What went wrong, or None. Apprise's own words may hold what the URL says: they go nowhere."""
    try:
        apprise = _import_apprise()
        services = apprise.Apprise(asset=apprise.AppriseAsset(app_id="Holdfast", app_desc="Holdfast", app_url=""))
        if not services.add(address):
            return _UNKNOWN
        if services.notify(body=text, title=subject, body_format=apprise.NotifyFormat.TEXT):
            return None
        name = str(services[0].service_name)
    except Exception as error:  # noqa: BLE001 - a hundred plugins; whatever it is, whoever waits is told
        return f"Apprise failed: {type(error).__name__}"
    return f"{name} didn't take it"


def _import_apprise() -> Any:
    """Only when it is needed: it is slow to import, and few need it."""
    import apprise  # noqa: PLC0415

    logging.getLogger("apprise").disabled = True
    return apprise
