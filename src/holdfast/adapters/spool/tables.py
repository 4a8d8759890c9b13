"""What the statements on the spool's tables share: the connection, the claims, and what is counted along."""

from pathlib import Path
from typing import Final

from holdfast.adapters.spool.backlogs import Amount, Backlogs, Owner
from holdfast.adapters.spool.claims import Claims
from holdfast.adapters.spool.room import Room
from holdfast.adapters.spool.schema import Code, check_pages, open_connection, translate_errors
from holdfast.model.recovery import SpoolBounds

_FIRST_TWO: Final = (
    "SELECT sequence, head FROM messages WHERE service = ? AND order_key = ? AND standing = 0 ORDER BY sequence LIMIT 2"
)


class Tables:
    """An open spool. Used by one thread at a time."""

    def __init__(self, path: Path, bounds: SpoolBounds, room: Room, vfs: str | None = None) -> None:
        self.path = path
        self.bounds = bounds
        self.room = room
        self.connection = open_connection(path, vfs)
        try:
            check_pages(self.connection)
            with translate_errors():
                self._load()
        except BaseException:
            self.connection.close(force=True)
            raise

    def _load(self) -> None:
        self.backlogs = Backlogs(self.connection)
        self.claims = Claims()
        self._read_clocks()
        self.page_bytes: int = self.connection.pragma("page_size")
        self.room.ask_inside = self.free_pages_bytes
        self.next_sequence: int = 1 + (self.connection.execute("SELECT max(sequence) FROM messages").get or 0)

    def move(self, owner: Owner, amount: Amount, old: Code, new: Code) -> None:
        """Count what has passed from one standing to another. Settled messages aren't counted."""
        self.backlogs.add(owner, old, amount, -1)
        if new <= Code.DEAD:
            self.backlogs.add(owner, new, amount)

    def lead(self, service: str, order_key: str | None) -> None:
        """See to it that of an order, the first that waits is its head, and no other is: the second may have been."""
        if order_key is None:
            return
        rows = self.connection.execute(_FIRST_TWO, (service, order_key)).fetchall()
        for place, (sequence, head) in enumerate(rows):
            leads = int(place == 0)
            if head != leads:
                self.connection.execute("UPDATE messages SET head = ? WHERE sequence = ?", (leads, sequence))

    def begin(self) -> None:
        """From here on, all that is written is kept together or not at all."""
        self.connection.execute("BEGIN IMMEDIATE")

    def keep(self) -> None:
        """Make durable what was written."""
        self.connection.execute("COMMIT")
        self.backlogs.keep()
        self.claims.keep()

    def take_back(self) -> None:
        """Let nothing of what was written since `begin` be so."""
        if self.connection.in_transaction:
            self.connection.execute("ROLLBACK")
        self.backlogs.take_back()
        self.claims.take_back()
        self._read_clocks()

    def _read_clocks(self) -> None:
        self.postponed: dict[str, float] = dict(self.connection.execute("SELECT service, postponed_s FROM clocks"))

    def free_pages_bytes(self) -> int:
        """What the file has inside it for what comes next."""
        pages: int = self.connection.pragma("freelist_count")
        return pages * self.page_bytes

    def close(self) -> None:
        """Bring home what was written ahead, and let go of the file."""
        self.connection.close()
