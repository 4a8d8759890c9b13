"""Retries that multiply along a chain of calls are named; long chains of modest ones aren't."""

from __future__ import annotations

from typing import Any

import pytest

from holdfast.model.upstream import Retries
from holdfast.rollout.dangers.retries import multiply_load
from holdfast.spec.rules import upstream as rule
from rollout.dangers.platforms import SERVICES, ask, codes, find, make_tree, of

CALLS = (ask("shop"), ask("stock", caller="shop"), ask("price", caller="stock"), ask("mail", caller="price"))
MUCH = {"attempts_max": 5, "budget": "50%"}


def retry(*services: str, **retries: Any) -> Any:
    def change(tree: Any) -> None:
        for name in services:
            of(tree, name)["upstream"]["retries"] = retries or MUCH

    return change


def test_retries_on_every_level_are_named_with_their_chain() -> None:
    (danger,) = find(retry("shop", "stock", "price"), requests=CALLS)
    assert (danger.code, danger.services) == ("retry-chain", ("shop", "stock", "price"))
    assert "if price fails, retries along shop → stock → price would send it 8 times its load" in danger.message


@pytest.mark.parametrize(
    "change",
    [
        retry("stock"),
        retry(*SERVICES, attempts_max=3, budget="20%"),
        retry("shop", "stock", "price", attempts_max=5, budget="50%", methods=["PUT"]),
        retry(*SERVICES, attempts_max=0),
    ],
)
def test_retries_that_stay_small_together_are_no_danger(change: Any) -> None:
    assert find(change, requests=CALLS) == []


def test_services_that_do_not_call_each_other_are_no_chain() -> None:
    assert find(retry(*SERVICES), requests=tuple(ask(name) for name in SERVICES)) == []


def test_services_that_call_each_other_in_a_circle_end_somewhere() -> None:
    circle = (*CALLS, ask("shop", caller="mail"))
    assert codes(find(retry(*SERVICES), requests=circle)) == ["retry-chain"]


def test_what_is_too_much_already_is_no_fault_of_the_change() -> None:
    old = make_tree()
    retry(*SERVICES)(old)
    assert find(lambda tree: of(tree, "mail").update(criticality="critical"), old, requests=CALLS) == []


@pytest.mark.parametrize("budget", [0.0, 0.2, 0.5, 1.0])
def test_load_is_multiplied_as_the_check_of_the_file_says(budget: float) -> None:
    for attempts in range(6):
        retries = Retries(attempts_max=attempts, budget=budget)
        assert multiply_load(retries) == rule.multiply_load(retries)
