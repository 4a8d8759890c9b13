"""Read-only services: their answers say so; GraphQL queries pass, and so does what may be deferred.

A filter of its own, behind the one that reads documents. All else that may write is refused before, see
`compile.mitigation_rules`.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from envoy.config.rbac.v3 import rbac_pb2
from envoy.config.route.v3 import route_components_pb2 as route
from envoy.extensions.filters.http.rbac.v3 import rbac_pb2 as rbac_filter_pb2
from envoy.type.matcher.v3 import metadata_pb2, string_pb2, value_pb2

from holdfast.compile import names
from holdfast.compile.accept import writing_document, writing_method
from holdfast.compile.held import find_held, is_judged_late
from holdfast.compile.matching import OnMatch, header_input, typed
from holdfast.compile.mitigation_rules import name_hosts
from holdfast.model.intent import Intent
from holdfast.model.mitigation import Mitigation
from holdfast.model.platform import Mode


def compile_reading(intent: Intent) -> rbac_filter_pb2.RBAC:
    """What the read-only mitigations of an intent mark, and which GraphQL documents they refuse."""
    rbac = rbac_filter_pb2.RBAC(shadow_rules_stat_prefix=names.READING_PREFIX)
    held = {s: h.read_only for s, h in find_held(intent).items() if h.read_only and intent.mode_of(s) is Mode.ENFORCE}
    if not held:
        return rbac
    by_host = rbac.shadow_matcher.matcher_tree
    by_host.input.CopyFrom(header_input(names.HOST_HEADER))
    for service, mitigation in sorted(held.items()):
        for host in name_hosts(intent, service):
            by_host.exact_match_map.map[host].CopyFrom(_mark(mitigation))
    for name, policy in _refuse_writes(intent, held):
        rbac.rules.action = rbac_pb2.RBAC.DENY
        rbac.rules.policies[name].CopyFrom(policy)
    return rbac


def _mark(mitigation: Mitigation) -> OnMatch:
    """Nothing is refused in the shadow; the rule's name is what answers repeat. Who isn't named has no mark."""
    action = rbac_pb2.Action(name=f"read-only.{mitigation.id}", action=rbac_pb2.RBAC.ALLOW)
    return OnMatch(action=typed("action", action))


def _refuse_writes(intent: Intent, held: Mapping[str, Mitigation]) -> Iterator[tuple[str, rbac_pb2.Policy]]:
    """For those of whom a method doesn't say enough; all that may be deferred passes, and is."""
    hosts: dict[tuple[str, bool], list[rbac_pb2.Permission]] = {}
    for service, mitigation in sorted(held.items()):
        stated = intent.services[service].service
        if is_judged_late(stated):
            theirs = hosts.setdefault((mitigation.id, stated.accept.graphql is not None), [])
            theirs.extend(rbac_pb2.Permission(header=_is_host(host)) for host in name_hosts(intent, service))
    for (id_, is_graphql), named in hosts.items():
        rules = [
            rbac_pb2.Permission(or_rules=rbac_pb2.Permission.Set(rules=named)),
            writing_document() if is_graphql else writing_method(),
            rbac_pb2.Permission(not_rule=_DEFERRED),
        ]
        permission = rbac_pb2.Permission(and_rules=rbac_pb2.Permission.Set(rules=rules))
        anybody = [rbac_pb2.Principal(any=True)]
        kind = "documents" if is_graphql else "methods"
        yield f"read-only.{id_}.{kind}", rbac_pb2.Policy(permissions=[permission], principals=anybody)


def _is_host(host: str) -> route.HeaderMatcher:
    return route.HeaderMatcher(name=names.HOST_HEADER, string_match=string_pb2.StringMatcher(exact=host))


def _is_deferred() -> rbac_pb2.Permission:
    matcher = metadata_pb2.MetadataMatcher(
        filter=names.DEFERRED_METADATA, value=value_pb2.ValueMatcher(bool_match=True)
    )
    matcher.path.add(key="is")
    sourced = rbac_pb2.SourcedMetadata(metadata_matcher=matcher, metadata_source=rbac_pb2.MetadataSource.ROUTE)
    return rbac_pb2.Permission(sourced_metadata=sourced)


_DEFERRED: Final = _is_deferred()
