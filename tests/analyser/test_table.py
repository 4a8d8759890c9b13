"""What is kept of operations: bounded, and the heaviest are never lost."""

import tracemalloc

from hypothesis import given
from hypothesis import strategies as st

from holdfast.analyser.limits import OPERATIONS_MAX, SERVICES_MAX
from holdfast.analyser.table import OperationTable, Shape
from holdfast.model.query import TEXT_CHARACTERS_MAX, QueryMeasures, Unreadable

MIB = 1024**2


def make_shape(number: int, cost: int = 1) -> Shape:
    measures = QueryMeasures(depth=1, fields=1, aliases=0, directives=0, cost=cost)
    return Shape(f"{number:016x}", f"query{{f{number}}}".ljust(TEXT_CHARACTERS_MAX), measures, ())


def test_operations_are_ranked_by_what_they_cost_together() -> None:
    table = OperationTable()
    table.count("shop", make_shape(1, cost=1), 50)
    table.count("shop", make_shape(2, cost=100), 1)
    table.count("shop", make_shape(3, cost=10), 3)
    table.count("shop", make_shape(3, cost=10), 1)
    shown = table.show("shop")
    assert [(int(o.fingerprint, 16), o.requests) for o in shown.operations] == [(2, 1), (1, 50), (3, 4)]
    assert shown.requests == 55
    assert table.show("mail").operations == ()


def test_an_operation_is_new_once() -> None:
    table = OperationTable()
    assert table.count("shop", make_shape(1), 1)
    assert not table.count("shop", make_shape(1), 1)
    assert table.count("mail", make_shape(1), 1)


def test_of_services_those_unseen_for_longest_give_way() -> None:
    table = OperationTable(services_max=2)
    for service in ("a", "b", "a", "c"):
        table.count(service, make_shape(1), 1)
    assert [table.show(service).requests for service in "abc"] == [2, 0, 1]


def test_what_was_long_ago_counts_less() -> None:
    table = OperationTable()
    table.count("shop", make_shape(1), 8)
    table.count_unreadable("shop", Unreadable.MALFORMED, 2)
    table.halve()
    table.halve()
    shown = table.show("shop")
    assert (shown.operations[0].requests, shown.requests, shown.unreadable) == (2, 2.5, {Unreadable.MALFORMED: 0.5})


@given(
    st.lists(st.tuples(st.integers(0, 30), st.integers(1, 50), st.floats(0.1, 100)), max_size=300),
    st.integers(2, 8),
)
def test_the_heaviest_are_never_lost_and_bounds_hold(seen: list[tuple[int, int, float]], operations_max: int) -> None:
    """What Space-Saving guarantees: whatever has more than 1/k of the load is there, its true count within bounds."""
    table = OperationTable(operations_max=operations_max)
    costs = {number: cost for number, cost, _ in reversed(seen)}
    true: dict[int, float] = {}
    for number, _, weight in seen:
        table.count("shop", make_shape(number, costs[number]), weight)
        true[number] = true.get(number, 0) + weight
    shown = {int(o.fingerprint, 16): o for o in table.show("shop").operations}
    assert len(shown) <= operations_max
    load = sum(weight * costs[number] for number, weight in true.items())
    assert {n for n, weight in true.items() if weight * costs[n] > load / operations_max + 1e-6} <= shown.keys()
    for number, operation in shown.items():
        assert operation.requests <= true[number] * (1 + 1e-9)
        assert true[number] <= (operation.requests + operation.overcount) * (1 + 1e-9)


def test_a_full_table_has_the_stated_size() -> None:
    tracemalloc.start()
    try:
        table = OperationTable()
        for service in range(SERVICES_MAX + 50):
            for number in range(OPERATIONS_MAX + 10):
                table.count(f"s{service}", make_shape(number + service * 100), 1)
        size, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert size < 40 * MIB, f"{size / MIB:.1f} MiB"
