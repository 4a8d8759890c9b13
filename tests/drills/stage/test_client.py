from holdfast.drills.instruments import UpstreamOptions, start_upstream
from holdfast.drills.stage.client import NO_ANSWER, Client


def test_a_client_tells_what_came_of_it_whatever_that_is() -> None:
    with start_upstream(UpstreamOptions(answer_ms=0)) as upstream:
        client = Client(upstream.port, timeout_s=10)
        answer = client.ask("shop", "POST", "/send/a/1", {"x-recipient": "a"}, "hello")
        assert answer.is_good
        assert answer.headers["content-type"] == "text/plain"
        assert answer.asked_ns < answer.answered_ns
    assert client.ask("shop", "GET", "/", {}).status == NO_ANSWER


def test_a_client_connects_anew_after_a_failure() -> None:
    with start_upstream(UpstreamOptions(answer_ms=0)) as upstream:
        client = Client(upstream.port, timeout_s=0.2)
        upstream.hang()
        assert client.ask("shop", "GET", "/", {}).status == NO_ANSWER
        upstream.wake()
        patient = Client(upstream.port, timeout_s=10)
        assert patient.ask("shop", "GET", "/", {}).is_good
        assert client.ask("shop", "GET", "/", {}).status == 200
        for each in (client, patient):
            each.close()
