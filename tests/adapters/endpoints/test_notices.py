"""Notices in the forms of the large clouds, from a server that answers as theirs do."""

import asyncio
from collections.abc import Mapping

import pytest

from fakes.listening import listen
from holdfast.adapters.endpoints.notices import (
    AWS_ACTION,
    AWS_REBALANCE,
    AWS_TOKEN,
    GCP_PREEMPTED,
    Notice,
    NoticeReader,
    NoticeUnreadable,
)
from holdfast.model.recovery import Reclaims

TOKEN = "tiny-token"


class Metadata:
    """Answers by method and path; AWS's is asked for a token first where it has one."""

    def __init__(self, answers: Mapping[str, tuple[int, str]], *, has_tokens: bool = True) -> None:
        self.answers = answers
        self.has_tokens = has_tokens

    def answer(self, method: str, path: str, headers: Mapping[str, str]) -> tuple[int, str]:
        if path == AWS_TOKEN:
            is_fit = method == "PUT" and "x-aws-ec2-metadata-token-ttl-seconds" in headers
            return (200, TOKEN) if self.has_tokens and is_fit else (404, "")
        if path.startswith("/computeMetadata") and headers.get("metadata-flavor") != "Google":
            return 403, ""
        if path.startswith("/latest") and self.has_tokens and headers.get("x-aws-ec2-metadata-token") != TOKEN:
            return 401, ""
        return self.answers.get(path, (404, ""))

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        method, path, _ = head.split(" ", 2)
        pairs = (line.split(": ", 1) for line in head.split("\r\n")[1:] if line)
        status, text = self.answer(method, path, {name.lower(): value for name, value in pairs})
        body = text.encode()
        writer.write(f"HTTP/1.1 {status} X\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body)
        writer.close()
        await writer.wait_closed()


def ask(shape: str, metadata: Metadata) -> Notice | None:
    async def scenario() -> Notice | None:
        async with listen(metadata.handle) as port, NoticeReader() as reader:
            reclaims = Reclaims.model_validate({"url": f"http://{{host}}:{port}/", "shape": shape})
            return await reader.read(reclaims, "127.0.0.1")

    return asyncio.run(scenario())


@pytest.mark.parametrize("has_tokens", [True, False])
def test_a_spot_instance_says_when_it_goes(has_tokens: bool) -> None:
    told = (200, '{"action": "terminate", "time": "2026-03-01T08:22:00Z"}')
    assert ask("aws", Metadata({AWS_ACTION: told}, has_tokens=has_tokens)) == Notice(at=1772353320.0)


def test_a_recommendation_is_a_notice_without_a_time() -> None:
    told = (200, '{"noticeTime": "2026-03-01T08:22:00Z"}')
    assert ask("aws", Metadata({AWS_REBALANCE: told})) == Notice(at=None)


@pytest.mark.parametrize(("text", "notice"), [("TRUE", Notice()), ("TRUE\n", Notice()), ("FALSE", None)])
def test_a_preempted_machine_says_so(text: str, notice: Notice | None) -> None:
    assert ask("gcp", Metadata({GCP_PREEMPTED: (200, text)})) == notice


def test_a_machine_that_stays_says_nothing() -> None:
    assert ask("aws", Metadata({})) is None


@pytest.mark.parametrize(
    ("shape", "path", "answer"),
    [
        ("aws", AWS_ACTION, (200, "[]")),
        ("aws", AWS_ACTION, (200, '{"action": "terminate"}')),
        ("aws", AWS_ACTION, (200, '{"time": "soon"}')),
        ("aws", AWS_ACTION, (500, "")),
        ("aws", AWS_REBALANCE, (200, "{}")),
        ("aws", AWS_ACTION, (200, "x" * 20_000)),
        ("gcp", GCP_PREEMPTED, (200, "PERHAPS")),
        ("gcp", GCP_PREEMPTED, (404, "")),
        ("gcp", GCP_PREEMPTED, (200, "\u00e9" * 10)),
    ],
)
def test_an_unknown_answer_is_no_notice(shape: str, path: str, answer: tuple[int, str]) -> None:
    with pytest.raises(NoticeUnreadable):
        ask(shape, Metadata({path: answer}))


def test_a_machine_that_is_silent_is_no_notice() -> None:
    async def scenario() -> None:
        async with NoticeReader() as reader:
            with pytest.raises(NoticeUnreadable, match=r"127\.0\.0\.1 can't be asked"):
                await reader.read(Reclaims(url="http://{host}:1", shape="gcp"), "127.0.0.1")

    asyncio.run(scenario())
