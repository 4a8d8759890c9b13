"""Passages: together they are the whole way from one snapshot to another, and it can be gone back."""

from hypothesis import given
from hypothesis import strategies as st

from holdfast.model.resource import (
    Resource,
    ResourceKey,
    ResourceType,
    Snapshot,
    SnapshotDelta,
    diff_snapshots,
    index_resources,
)
from holdfast.rollout.passages import find_passages, invert_delta, join_deltas

BODIES = st.dictionaries(st.sampled_from([f"{s}.{n}" for s in "abc-" for n in range(3)]), st.binary(max_size=1))


def make_snapshot(bodies: dict[str, bytes]) -> Snapshot:
    return index_resources(Resource.of(ResourceType.CLUSTER, name, body) for name, body in bodies.items())


def service_of(resource: Resource) -> str | None:
    """`a.0` belongs to a; `-.0` to nobody."""
    name = resource.key.name[0]
    return None if name == "-" else name


def follow(snapshot: Snapshot, delta: SnapshotDelta) -> Snapshot:
    kept = {key: each for key, each in snapshot.items() if key not in delta.removals}
    return kept | {resource.key: resource for resource in delta.upserts}


@given(BODIES, BODIES)
def test_all_passages_together_lead_from_one_to_the_other_and_back(
    before: dict[str, bytes], after: dict[str, bytes]
) -> None:
    old, new = make_snapshot(before), make_snapshot(after)
    passages = find_passages(old, new, service_of)
    there = follow(old, join_deltas(passages.values()))
    assert there == new
    assert follow(there, join_deltas(invert_delta(delta, old) for delta in passages.values())) == old


@given(BODIES, BODIES, st.sets(st.sampled_from("abc")))
def test_some_passages_change_nothing_of_other_services(
    before: dict[str, bytes], after: dict[str, bytes], going: set[str]
) -> None:
    old, new = make_snapshot(before), make_snapshot(after)
    passages = find_passages(old, new, service_of)
    blend = follow(old, join_deltas(delta for name, delta in passages.items() if name in going))
    for side, names in ((old, {"a", "b", "c", None} - going), (new, going)):
        for name in names:
            assert {k: r for k, r in blend.items() if service_of(r) == name} == {
                k: r for k, r in side.items() if service_of(r) == name
            }


def test_what_does_not_differ_has_no_passage() -> None:
    old, new = make_snapshot({"a.0": b"1", "b.0": b"1"}), make_snapshot({"a.0": b"1", "b.0": b"2"})
    assert set(find_passages(old, new, service_of)) == {"b"}


def test_a_host_that_moves_is_never_gone() -> None:
    """Whose a host is stands in its body, as with Envoy's scopes."""

    def whose(resource: Resource) -> str:
        return resource.body.decode()

    key = ResourceKey(ResourceType.CLUSTER, "host")
    old, new = make_snapshot({"host": b"a"}), make_snapshot({"host": b"b"})
    passages = find_passages(old, new, whose)
    assert set(passages) == {"a", "b"}
    delta = join_deltas(passages.values())
    assert not delta.removals
    assert [r.key for r in delta.upserts] == [key]
    assert (
        diff_snapshots(follow(new, join_deltas(invert_delta(d, old) for d in passages.values())), old)
        == SnapshotDelta()
    )
