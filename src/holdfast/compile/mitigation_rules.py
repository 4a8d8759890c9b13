"""Kills, holds, read-only, blocks and denials: one RBAC filter, whose rules are looked up by host.

So a request costs the same however many mitigations there are. The rules bear the mitigations' ids, which the
answers repeat. What is only observed is judged in the shadow, as is what is looked into: both only leave a mark.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from envoy.config.rbac.v3 import rbac_pb2
from envoy.extensions.filters.http.rbac.v3 import rbac_pb2 as rbac_filter_pb2

from holdfast.compile import names
from holdfast.compile.accept import METHOD_OVERRIDES
from holdfast.compile.held import Held, find_held, is_judged_late
from holdfast.compile.matching import (
    Matcher,
    OnMatch,
    client_is_in,
    header_input,
    header_matches,
    header_starts_with,
    typed,
    unless,
)
from holdfast.compile.observed import name_rule
from holdfast.compile.source_match import match_source
from holdfast.model.inner import INNER_HEADER
from holdfast.model.intent import Intent
from holdfast.model.mitigation import Block, Deny, Mitigation
from holdfast.model.platform import Mode

_NOTHING: Final = Held()
_READ_ONLY: Final = "read-only"
"""What a rule is named for that refuses writes, also where it is a failover that wants it."""


def compile_mitigation_rules(intent: Intent) -> rbac_filter_pb2.RBAC:
    """What the mitigations of an intent refuse, by host; all of them hold."""
    rbac = rbac_filter_pb2.RBAC(shadow_rules_stat_prefix=names.SHADOW_PREFIX)
    held = find_held(intent)
    blocks = tuple(m for m in intent.mitigations if isinstance(m.measure, Block) and m.measure.service is None)
    observed = {s for s in (intent.services if blocks else held) if intent.mode_of(s) is Mode.OBSERVE}
    if held or blocks:
        enforced = {s: _judge(_leave_writes(intent, s, held[s]), blocks) for s in held if s not in observed}
        spared = dict.fromkeys(observed, _allow("observed"))
        otherwise = () if intent.platform.mode is Mode.OBSERVE else blocks
        _set_matcher(rbac.matcher, intent, enforced | spared, _judge(_NOTHING, otherwise))
    watched = intent.watched & intent.services.keys()
    if observed or watched:
        rbac.track_per_rule_stats = bool(observed)
        shadows = {s: _judge(held.get(s, _NOTHING), blocks, _Shadow(s, s in watched)) for s in observed}
        shadows |= dict.fromkeys(watched - observed, _allow(names.WATCHED_METADATA_PREFIX))
        _set_matcher(rbac.shadow_matcher, intent, shadows, _allow("pass"))
    return rbac


@dataclass(frozen=True, slots=True)
class _Shadow:
    """How what would be refused to an observed service is named: it is counted under the service's name."""

    service: str
    watched: bool

    def name(self, rule: str) -> str:
        """The name of a rule in the shadow."""
        counted = name_rule(self.service, rule)
        return f"{names.WATCHED_METADATA_PREFIX}.{counted}" if self.watched else counted


def _set_matcher(matcher: Matcher, intent: Intent, by_service: Mapping[str, OnMatch], otherwise: OnMatch) -> None:
    """By host, what is to become of a service's requests; and of everybody else's."""
    matcher.on_no_match.CopyFrom(otherwise)
    if not by_service:
        entry = matcher.matcher_list.matchers.add(on_match=otherwise)
        entry.predicate.CopyFrom(header_matches(names.HOST_HEADER, ".*"))
        return
    matcher.matcher_tree.input.CopyFrom(header_input(names.HOST_HEADER))
    for service in sorted(by_service):
        for host in name_hosts(intent, service):
            matcher.matcher_tree.exact_match_map.map[host].CopyFrom(by_service[service])


def _judge(held: Held, platform_blocks: tuple[Mitigation, ...], shadow: _Shadow | None = None) -> OnMatch:
    """Kill before block before denial before read-only before hold.

    Who passes all is let through under the name of its limit, if it has one.
    """
    if held.kill:
        return _deny(held.kill, shadow)
    verdict = _unless_asking(held.hold, shadow) if held.hold else _let_through(held, shadow)
    if held.read_only:
        verdict = _unless_writing(held.read_only, verdict, shadow)
    if refusing := (*platform_blocks, *held.blocks, *held.denials):
        verdict = _unless_refused(refusing, verdict, shadow)
    return verdict


def _leave_writes(intent: Intent, service: str, held: Held) -> Held:
    """What writes may be told only later, see `compile.reading`."""
    return replace(held, read_only=None) if is_judged_late(intent.services[service].service) else held


def _let_through(held: Held, shadow: _Shadow | None) -> OnMatch:
    if shadow and shadow.watched:
        return _allow(names.WATCHED_METADATA_PREFIX)
    return _allow(f"limit.{held.limited_by.id}" if held.limited_by else "pass")


def _unless_asking(mitigation: Mitigation, shadow: _Shadow | None) -> OnMatch:
    """Denies all but Holdfast's own question how the service is: the answer says whether it may come back."""
    held = OnMatch()
    held.matcher.on_no_match.CopyFrom(_deny(mitigation, shadow))
    asks = header_starts_with(INNER_HEADER, names.probe_of(""))
    held.matcher.matcher_list.matchers.add(predicate=asks, on_match=_allow("pass"))
    return held


def _unless_writing(mitigation: Mitigation, otherwise: OnMatch, shadow: _Shadow | None) -> OnMatch:
    """Denies all but GET, HEAD and OPTIONS, and what asks to be taken for another method than it is."""
    deny, writing = _deny(mitigation, shadow, _READ_ONLY), OnMatch()
    writing.matcher.on_no_match.CopyFrom(otherwise)
    for name in METHOD_OVERRIDES:
        writing.matcher.matcher_list.matchers.add(predicate=header_matches(name, ".*"), on_match=deny)
    writes = unless(header_matches(":method", "GET|HEAD|OPTIONS"))
    writing.matcher.matcher_list.matchers.add(predicate=writes, on_match=deny)
    return writing


def _unless_refused(mitigations: Iterable[Mitigation], otherwise: OnMatch, shadow: _Shadow | None) -> OnMatch:
    """Denies clients by address, and what fulfils a source rule; the first that fits is named."""
    refused = OnMatch()
    refused.matcher.on_no_match.CopyFrom(otherwise)
    matchers = refused.matcher.matcher_list.matchers
    for mitigation in mitigations:
        deny, measure = _deny(mitigation, shadow), mitigation.measure
        if isinstance(measure, Block):
            matchers.add(predicate=client_is_in(measure.networks), on_match=deny)
        elif isinstance(measure, Deny):
            matchers.append(match_source(measure.source, deny))
    return refused


def name_hosts(intent: Intent, service: str) -> Iterator[str]:
    """The hosts of a service as requests are known by them, each once."""
    return iter(dict.fromkeys(host.lower() for host in intent.services[service].service.hosts))


def _deny(mitigation: Mitigation, shadow: _Shadow | None, kind: str = "") -> OnMatch:
    rule = f"{kind or mitigation.measure.kind}.{mitigation.id}"
    return _act(rbac_pb2.Action(name=shadow.name(rule) if shadow else rule, action=rbac_pb2.RBAC.DENY))


def _allow(name: str) -> OnMatch:
    return _act(rbac_pb2.Action(name=name, action=rbac_pb2.RBAC.ALLOW))


def _act(action: rbac_pb2.Action) -> OnMatch:
    return OnMatch(action=typed("action", action))
