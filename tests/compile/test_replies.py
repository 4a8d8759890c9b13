"""Which of several reasons an edge gives for an answer of its own."""

from holdfast.compile.replies import REPLIES


def test_what_failed_without_a_budget_for_another_try_is_no_wall() -> None:
    """Envoy sets UO beside the flag of the last try then."""
    flags = [reply.flag for reply in REPLIES]
    tried = [place for place, reply in enumerate(REPLIES) if reply.cause.startswith("upstream.")]
    assert flags.index("UO") > max(tried)
