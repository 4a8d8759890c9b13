"""Whatever is done in whatever order: nothing is lost, nothing is claimed twice, and orders hold."""

import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, multiple, precondition, rule

from fakes.spool import NOW, make_draft
from holdfast.adapters.spool.accepting import accept_drafts
from holdfast.adapters.spool.backlogs import Backlogs
from holdfast.adapters.spool.claiming import claim_expired_messages, claim_messages
from holdfast.adapters.spool.room import Room
from holdfast.adapters.spool.schema import Code
from holdfast.adapters.spool.settling import drop_message, redeliver_dead, settle_claim
from holdfast.adapters.spool.tables import Tables
from holdfast.model.recovery import SpoolBounds
from holdfast.model.spool import Accepted, Dead, Delivered, Message, Retry

ORDERS = st.sampled_from((None, "a", "b"))


class Spool(RuleBasedStateMachine):
    """Beside the tables, a list of what waits: sequence, id and order."""

    claimed = Bundle("claimed")
    dead = Bundle("dead")

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.tables = self._open()
        self.waiting: dict[str, tuple[int, str | None]] = {}
        self.out: set[str] = set()
        self.known: dict[str, tuple[int, str | None]] = {}

    def _open(self) -> Tables:
        path = Path(self.folder.name) / "spool.db"
        return Tables(path, SpoolBounds(), Room(path, 0))

    @rule(orders=st.lists(ORDERS, min_size=1, max_size=4), kept=st.booleans())
    def accept(self, orders: list[str | None], kept: bool) -> None:
        first = self.tables.next_sequence
        self.tables.begin()
        answers = accept_drafts(self.tables, [make_draft(order_key=order) for order in orders])
        if not kept:
            self.tables.take_back()
            return
        self.tables.keep()
        for number, (answer, order) in enumerate(zip(answers, orders, strict=True)):
            assert isinstance(answer, Accepted)
            self.waiting[answer.id] = self.known[answer.id] = (first + number, order)

    @rule(target=claimed, count=st.integers(1, 4))
    def claim(self, count: int) -> object:
        messages, damaged = claim_messages(self.tables, "mail", NOW, count, 1 << 20)
        assert damaged == []
        assert [message.id for message in messages] == self._expect(count)
        self.out |= {message.id for message in messages}
        return multiple(*messages)

    def _expect(self, count: int) -> list[str]:
        """What may go next: nothing of an order that something of is out, nor behind its first."""
        expected: list[str] = []
        taken = {self.known[message_id][1] for message_id in self.out} - {None}
        for message_id, (_, order) in sorted(self.waiting.items(), key=lambda item: item[1][0]):
            if order in taken or len(expected) == count:
                continue
            if order is not None:
                taken.add(order)
            if message_id not in self.out:
                expected.append(message_id)
        return expected

    def _settle(self, message: Message, outcome: Delivered | Dead | Retry) -> None:
        self.tables.begin()
        settle_claim(self.tables, outcome)
        self.tables.keep()
        self.out.discard(message.id)

    @rule(message=consumes(claimed))
    def deliver(self, message: Message) -> None:
        self._settle(message, Delivered(message.id, 200, NOW))
        del self.waiting[message.id]

    @rule(message=consumes(claimed))
    def give_back(self, message: Message) -> None:
        self._settle(message, Retry(message.id, NOW - 1, "later"))

    @rule(target=dead, message=consumes(claimed))
    def bury(self, message: Message) -> str:
        self._settle(message, Dead(message.id, "no", NOW))
        del self.waiting[message.id]
        return message.id

    @rule(message_id=consumes(dead))
    def redeliver(self, message_id: str) -> None:
        self.tables.begin()
        redeliver_dead(self.tables, message_id, NOW, NOW + 100)
        self.tables.keep()
        self.waiting[message_id] = self.known[message_id]

    @rule(message_id=consumes(dead))
    def drop_dead(self, message_id: str) -> None:
        self._drop(message_id)

    @precondition(lambda self: self.waiting.keys() - self.out)
    @rule(data=st.data())
    def drop_waiting(self, data: st.DataObject) -> None:
        left = sorted(self.waiting.keys() - self.out, key=lambda each: self.known[each][0])
        message_id = data.draw(st.sampled_from(left))
        self._drop(message_id)
        del self.waiting[message_id]

    def _drop(self, message_id: str) -> None:
        self.tables.begin()
        drop_message(self.tables, message_id, NOW, "no use", "ann")
        self.tables.keep()

    @precondition(lambda self: not self.out)
    @rule()
    def restart(self) -> None:
        self.tables.close()
        self.tables = self._open()

    @invariant()
    def counts_are_those_of_the_rows(self) -> None:
        counted, owners = Backlogs(self.tables.connection), self.tables.backlogs.owners()
        assert owners == counted.owners()
        for owner in owners:
            for code in (Code.WAITING, Code.DEAD):
                assert self.tables.backlogs.amount(owner, code) == counted.amount(owner, code)

    def teardown(self) -> None:
        expired = claim_expired_messages(self.tables, "mail", NOW + 1000, 10_000)
        assert set(expired) == self.waiting.keys() - self.out
        self.tables.close()
        self.folder.cleanup()


Spool.TestCase.settings = settings(max_examples=30, stateful_step_count=30, deadline=None)
TestSpool = Spool.TestCase
