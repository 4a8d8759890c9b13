"""A process of nothing but an outbox, to be killed: puts the letters it is told to, and sends what waits.

Run as `python outbox_process.py FILE SMTP_PORT HOOK_PORT FIRST COUNT`. It prints `put` once letters are durable, and
`idle` when none wait.
"""

import asyncio
import sys
import time
from pathlib import Path

from pydantic import SecretStr

from holdfast.adapters.notify.outbox import OutboxSettings, SqlOutbox
from holdfast.adapters.notify.settings import NotifySettings, SmtpSettings
from holdfast.model.letter import Channel, ChannelKind, Letter

SETTINGS = OutboxSettings(pause_s=0.05, pause_s_max=0.2)


def write_letter(number: int, hook_port: int) -> Letter:
    """Every other by e-mail, to a few addresses of each kind."""
    if number % 2:
        channel = Channel(ChannelKind.WEBHOOK, SecretStr(f"http://127.0.0.1:{hook_port}/{number % 5}"))
    else:
        channel = Channel(ChannelKind.EMAIL, SecretStr(f"ops{number % 5}@acme.example"))
    return Letter(f"k-{number}", channel, f"letter {number}", "text\n", headers=(("X-Key", f"k-{number}"),))


async def _main(path: Path, smtp_port: int, hook_port: int, first: int, count: int) -> None:
    notify = NotifySettings(smtp=SmtpSettings("127.0.0.1", smtp_port, "holdfast@host.example", plain=True))
    outbox = SqlOutbox(path, notify, time.time, anywhere=True, settings=SETTINGS)
    running = asyncio.create_task(outbox.run())
    for number in range(first, first + count, 5):
        await outbox.put([write_letter(each, hook_port) for each in range(number, min(number + 5, first + count))])
        sys.stdout.write(f"put {min(number + 5, first + count)}\n")
        sys.stdout.flush()
    keys = [f"k-{number}" for number in range(first + count)]
    while any(state.status == "waiting" for state in await outbox.look_up(keys)):
        await asyncio.to_thread(time.monotonic)
    sys.stdout.write("idle\n")
    sys.stdout.flush()
    await running


if __name__ == "__main__":
    file, *numbers = sys.argv[1:]
    asyncio.run(_main(Path(file), *(int(number) for number in numbers)))
