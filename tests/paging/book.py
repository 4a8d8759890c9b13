"""A paging file's content, as drivers are given it."""

from dataclasses import dataclass

from holdfast.incidents.on_call import Schedules
from holdfast.model.paging import Paging
from holdfast.spec.paging import check_paging
from holdfast.spec.paging_shifts import list_schedule

AT = 1_795_000_000.0
"""Wednesday, 18 November 2026, 11:06:40 UTC: Ann is on call."""
TEXT = """
link: https://holdfast.example
people:
  ann: {channels: {chat: {webhook: "https://ann.example"}, mail: {email: ann@example.com}}}
  bob: {channels: {chat: {webhook: "https://bob.example"}}}
  cat: {channels: {chat: {webhook: "https://cat.example"}, mail: {email: cat@example.com}}}
teams:
  core: {default: true, policy: quick, on_call: {rotations: [{people: [bob, ann], begins: 2026-01-05}]}}
  shop: {policy: quick, services: [shop], components: [store], people: [cat],
         on_call: {rotations: [{people: [cat], begins: 2026-01-05}]}}
policies:
  quick: {repeat: 1, steps: [{page: on-call, wait: 5m}, {page: next-on-call, wait: 5m}]}
"""


def read_text(text: str) -> Paging:
    """What a sound text says."""
    checked = check_paging(text.encode(), "paging.yaml", None)
    assert checked.paging is not None, checked.diagnostics
    return checked.paging


@dataclass
class FixedBook:
    """`runtime.incidents.paging.Book` of one text, whose schedules hold for two weeks from `AT` on."""

    paging: Paging
    schedules: Schedules

    @classmethod
    def of(cls, text: str = TEXT) -> "FixedBook":
        paging = read_text(text)
        ends_at = AT + 14 * 86_400.0
        return cls(paging, {name: list_schedule(t.on_call, (), AT, ends_at) for name, t in paging.teams.items()})
