"""Names and ports, asked of the real resolver and the real kernel."""

import socket

import pytest

from holdfast.adapters.facts import find_ports_in_use, find_unresolved


def test_a_name_of_this_machine_has_an_address() -> None:
    assert find_unresolved(["localhost"]) == frozenset()


def test_a_name_that_is_no_name_has_none() -> None:
    assert find_unresolved(["localhost", "a..b"]) == {"a..b"}


def test_every_answer_is_counted() -> None:
    answers: list[None] = []
    find_unresolved(["localhost", "127.0.0.1", "127.0.0.2"], on_found=lambda: answers.append(None))
    assert len(answers) == 3


@pytest.mark.parametrize(
    ("failure", "unresolved"),
    [(socket.EAI_NONAME, True), (socket.EAI_NODATA, True), (socket.EAI_AGAIN, False), (socket.EAI_FAIL, False)],
)
def test_only_a_clear_no_counts(monkeypatch: pytest.MonkeyPatch, failure: int, unresolved: bool) -> None:
    def refuse(*_: object, **__: object) -> object:
        raise socket.gaierror(failure, "refused")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    assert find_unresolved(["x.example"]) == (frozenset({"x.example"}) if unresolved else frozenset())


@pytest.mark.parametrize(("family", "host"), [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "[::1]")])
def test_a_port_is_in_use_while_something_listens_on_it(family: socket.AddressFamily, host: str) -> None:
    with socket.create_server((host.strip("[]"), 0), family=family) as server:
        listen = f"{host}:{server.getsockname()[1]}"
        assert find_ports_in_use([listen]) == {listen}
    assert find_ports_in_use([listen]) == frozenset()


def test_addresses_of_other_machines_are_left_out() -> None:
    assert find_ports_in_use(["192.0.2.1:80", "no-such-name.invalid:80"]) == frozenset()
