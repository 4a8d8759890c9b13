"""The API keeps the word of its OpenAPI description, whatever it is sent."""

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from fakes.running import PLATFORM, RunningControl, run_in_thread, short_directory

CHECKS = (
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
)


@pytest.fixture(scope="module")
def lasting() -> Iterator[RunningControl]:
    with short_directory() as state, run_in_thread(state) as running:
        with running.client() as admin:
            admin.post("/v1/revisions", json={"text": PLATFORM}).raise_for_status()
        yield running


EXAMPLES = 15
"""Requests tried of each operation."""


# Control answers from a thread of this process, and draws random numbers meanwhile: Hypothesis takes them for its own.
@pytest.mark.filterwarnings("ignore:Do not use the `random` module inside strategies")
def test_answers_are_as_described(lasting: RunningControl) -> None:
    with lasting.client() as admin:
        described = admin.get("/v1/openapi.json").raise_for_status().json()
    schema = schemathesis.openapi.from_dict(described)
    schema.config.update(base_url=lasting.url)
    operations = [found.ok() for found in schema.get_all_operations() if isinstance(found, Ok)]
    assert len(operations) >= 14
    for operation in operations:
        try_operation(operation, lasting.state.admin_token.read_text().strip())


def try_operation(operation: Any, secret: str) -> None:
    @given(case=operation.as_strategy())
    @settings(max_examples=EXAMPLES, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    def check(case: Any) -> None:
        case.call_and_validate(headers={"Authorization": f"Bearer {secret}"}, checks=list(CHECKS))

    check()
