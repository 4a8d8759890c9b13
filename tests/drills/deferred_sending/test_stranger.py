import http.client

from holdfast.drills.deferred_sending.stranger import Stranger


def test_a_stranger_knows_nothing_and_keeps_the_connection() -> None:
    with Stranger() as stranger:
        connection = http.client.HTTPConnection("127.0.0.1", stranger.port, timeout=10)
        for _ in range(2):
            connection.request("POST", "/send/a/1", "hello")
            answer = connection.getresponse()
            answer.read()
            assert answer.status == 404
        connection.close()
