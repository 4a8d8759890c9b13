"""`holdfast salvage`: what to do with a corrupt journal."""

import os

from holdfast.cli.client import StateOption
from holdfast.cli.exit_codes import ExitCode
from holdfast.cli.output import fail, print_line
from holdfast.model.ports import JournalFromNewerVersion, JournalUnavailable
from holdfast.runtime.state_dir import StateDir, StateDirInUse, default_state


def salvage(state: StateOption = default_state()) -> None:  # noqa: B008 - it is the default of the option
    """Keep what is whole of a corrupt journal. The corrupt one is kept beside it."""
    from holdfast.adapters.journal.salvage import salvage_journal  # noqa: PLC0415 - only this command pays for it

    places = StateDir(state)
    if not places.journal.exists():
        fail(ExitCode.USAGE, f"there is no journal in {state}")
    try:
        lock = places.lock()
        salvaged = salvage_journal(places.journal)
        os.close(lock)
    except StateDirInUse as error:
        fail(ExitCode.IN_USE, str(error))
    except JournalFromNewerVersion as error:
        fail(ExitCode.JOURNAL_UNUSABLE, f"{error}; nothing was changed")
    except (JournalUnavailable, OSError) as error:
        fail(ExitCode.DISK_FULL, str(error))
    if salvaged is None:
        print_line("The journal is whole; there is nothing to salvage.")
        return
    print_line(f"{salvaged.events} events and {salvaged.texts} platform texts are whole, and are the journal now.")
    print_line(f"The corrupt one is {salvaged.corrupt}.")
