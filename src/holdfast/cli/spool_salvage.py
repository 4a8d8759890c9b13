"""What `holdfast spool salvage` does."""

import fcntl
from pathlib import Path

from holdfast.adapters.spool import salvage_spool
from holdfast.cli.exit_codes import ExitCode
from holdfast.cli.output import fail, print_line
from holdfast.model.spool import SpoolUnavailable
from holdfast.spooler.settings import store_file


def salvage_folder(folder: Path) -> None:
    """Salvage the store in a spooler's folder, while no spooler runs there."""
    path = store_file(folder)
    if not path.exists():
        fail(ExitCode.USAGE, f"there is no spool in {folder}")
    try:
        with (folder / "spooler.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            salvaged = salvage_spool(path)
    except BlockingIOError:
        fail(ExitCode.IN_USE, f"a spooler runs in {folder}; stop it first")
    except (SpoolUnavailable, OSError) as error:
        fail(ExitCode.DISK_FULL, str(error))
    if salvaged is None:
        print_line("The spool is whole; there is nothing to salvage.")
        return
    print_line(f"{salvaged.messages} messages and {salvaged.receipts} receipts are whole; {salvaged.lost} are lost.")
    print_line(f"The damaged spool is {salvaged.corrupt}.")
