"""What is mitigated now, in resources of its own: changing it touches no route, no cluster and no bucket there.

Kills, read-only and blocks are one RBAC filter whose rules are looked up by host, so that a request costs the
same however many there are. Its rules bear the mitigations' ids, which the answers repeat. Limits are one
rate limit filter; only its own buckets begin anew when a limit mitigation begins or ends, which lets at most
`LIMIT_BURST_S` seconds' worth of requests through once more.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from envoy.config.core.v3 import address_pb2, extension_pb2
from envoy.config.rbac.v3 import rbac_pb2
from envoy.config.route.v3 import route_components_pb2 as route
from envoy.extensions.common.ratelimit.v3 import ratelimit_pb2
from envoy.extensions.filters.http.local_ratelimit.v3 import local_rate_limit_pb2
from envoy.extensions.filters.http.rbac.v3 import rbac_pb2 as rbac_filter_pb2
from envoy.extensions.matching.common_inputs.network.v3 import network_inputs_pb2
from envoy.extensions.matching.input_matchers.ip.v3 import ip_pb2
from envoy.type.matcher.v3 import http_inputs_pb2
from google.protobuf.message import Message
from xds.core.v3 import extension_pb2 as xds_extension_pb2
from xds.type.matcher.v3 import matcher_pb2, regex_pb2

from holdfast.compile import names
from holdfast.compile.accept import METHOD_OVERRIDES
from holdfast.compile.limits import (
    ClientMask,
    client_action,
    client_entry,
    compile_bucket,
    header,
    limit_frame,
    mask_clients,
    unlimited_bucket,
)
from holdfast.compile.message import pack, uint32
from holdfast.compile.observed import name_rule
from holdfast.model.effective import Bucket
from holdfast.model.intent import Intent
from holdfast.model.mitigation import Block, Limit, Mitigation
from holdfast.model.platform import Mode, Network

LIMIT_BURST_S = 0.1
"""A limit mitigation's burst in seconds' worth of requests: small, since it begins anew with its neighbours."""


OnMatch = matcher_pb2.Matcher.OnMatch


@dataclass(frozen=True, slots=True)
class _Rules:
    """The mitigations of one service; of several of a kind the latest, but for blocks."""

    kill: Mitigation | None = None
    read_only: Mitigation | None = None
    limit: Mitigation | None = None
    blocks: tuple[Mitigation, ...] = ()


def compile_mitigation_rules(intent: Intent) -> extension_pb2.TypedExtensionConfig:
    """Kills, read-only and blocks, by host. Observed services are matched in the shadow only."""
    rbac = rbac_filter_pb2.RBAC(shadow_rules_stat_prefix="mitigations")
    rules = _rules_by_service(intent)
    blocks = tuple(m for m in intent.mitigations if isinstance(m.measure, Block) and m.measure.service is None)
    observed = {s for s in (intent.services if blocks else rules) if intent.mode_of(s) is Mode.OBSERVE}
    if rules or blocks:
        enforced_rules = {s: r for s, r in rules.items() if s not in observed}
        spared = {host: _allow("observed") for s in sorted(observed) for host in _hosts(intent, s)}
        enforced_blocks = () if intent.platform.mode is Mode.OBSERVE else blocks
        _set_matcher(rbac.matcher, intent, enforced_rules, enforced_blocks, spared)
    if observed and (rules or blocks):
        rbac.track_per_rule_stats = True
        shadows = {host: _judge(rules.get(s, _Rules()), blocks, s) for s in observed for host in _hosts(intent, s)}
        _set_matcher(rbac.shadow_matcher, intent, {}, (), dict(sorted(shadows.items())))
    return _extension(names.MITIGATIONS_FILTER, rbac)


def _set_matcher(
    matcher: matcher_pb2.Matcher,
    intent: Intent,
    rules: Mapping[str, _Rules],
    blocks: tuple[Mitigation, ...],
    others: Mapping[str, OnMatch],
) -> None:
    """By host, then by what the host's service has in force; everybody else by the platform's blocks alone."""
    by_host = dict(others)
    for service in sorted(rules):
        on_match = _judge(rules[service], blocks)
        by_host |= dict.fromkeys(_hosts(intent, service), on_match)
    otherwise = _judge(_Rules(), blocks)
    matcher.on_no_match.CopyFrom(otherwise)
    if by_host:
        matcher.matcher_tree.input.CopyFrom(_header_input(names.HOST_HEADER))
        for host, on_match in by_host.items():
            matcher.matcher_tree.exact_match_map.map[host].CopyFrom(on_match)
    else:
        matcher.matcher_list.matchers.add(on_match=otherwise).predicate.single_predicate.CopyFrom(
            _header_is(names.HOST_HEADER, ".*")
        )


def _judge(rules: _Rules, platform_blocks: tuple[Mitigation, ...], observed: str | None = None) -> OnMatch:
    """Kill before block before read-only; who passes all is let through under its limit's name, if it has one.

    What would be denied to an observed service is counted under that service's name.
    """
    if rules.kill:
        return _deny(rules.kill, observed)
    verdict = _allow(f"limit.{rules.limit.id}" if rules.limit else "pass")
    if rules.read_only:
        verdict = _unless_writing(rules.read_only, verdict, observed)
    if blocks := (*platform_blocks, *rules.blocks):
        verdict = _unless_blocked(blocks, verdict, observed)
    return verdict


def compile_mitigation_limits(intent: Intent, location: str) -> extension_pb2.TypedExtensionConfig:
    """Rate limits that mitigations lay over services' own; a filter that does nothing while there are none.

    Services that are only observed have none: this filter can't count without refusing.
    """
    rules = sorted(_rules_by_service(intent).items())
    limits = {s: r.limit for s, r in rules if r.limit and intent.mode_of(s) is Mode.ENFORCE}
    config = limit_frame("mitigation_limit", "limit.mitigation", Mode.ENFORCE, retry_after_s=1)
    config.response_headers_to_add.append(header(names.MITIGATION_HEADER, names.MITIGATION_VALUE))
    config.token_bucket.CopyFrom(unlimited_bucket())
    config.always_consume_default_token_bucket.value = False
    place = intent.platform.locations[location]
    mask, edges = mask_clients(intent.platform.clients, place), len(place.edges)
    for service, mitigation in limits.items():
        measure = mitigation.measure
        if isinstance(measure, Limit):
            config.descriptors.extend(_descriptors(service, measure, mask, edges))
    if not config.descriptors:
        return _extension(names.MITIGATION_LIMITS_FILTER, rbac_filter_pb2.RBAC())
    _add_actions(config, mask)
    return _extension(names.MITIGATION_LIMITS_FILTER, config)


def _rules_by_service(intent: Intent) -> Mapping[str, _Rules]:
    """Mitigations of every service that has any; the latest of a kind wins."""
    found: dict[str, dict[str, list[Mitigation]]] = {}
    for mitigation in intent.mitigations:
        service = mitigation.measure.service
        if service is not None and service in intent.services:
            found.setdefault(service, {}).setdefault(mitigation.measure.kind, []).append(mitigation)
    return {
        service: _Rules(
            kill=_latest(kinds.get("kill")),
            read_only=_latest(kinds.get("read-only")),
            limit=_latest(kinds.get("limit")),
            blocks=tuple(kinds.get("block", ())),
        )
        for service, kinds in found.items()
    }


def _latest(mitigations: list[Mitigation] | None) -> Mitigation | None:
    return max(mitigations, key=lambda m: m.started_at) if mitigations else None


def _hosts(intent: Intent, service: str) -> Iterator[str]:
    return iter(dict.fromkeys(host.lower() for host in intent.services[service].service.hosts))


def _unless_writing(mitigation: Mitigation, otherwise: OnMatch, observed: str | None) -> OnMatch:
    """Denies all but GET, HEAD and OPTIONS, and what asks to be taken for another method than it is."""
    deny, writing = _deny(mitigation, observed), OnMatch()
    writing.matcher.on_no_match.CopyFrom(otherwise)
    for name in METHOD_OVERRIDES:
        field = writing.matcher.matcher_list.matchers.add(on_match=deny)
        field.predicate.single_predicate.CopyFrom(_header_is(name, ".*"))
    writes = writing.matcher.matcher_list.matchers.add(on_match=deny)
    writes.predicate.not_matcher.single_predicate.CopyFrom(_header_is(":method", "GET|HEAD|OPTIONS"))
    return writing


def _header_is(name: str, regex: str) -> matcher_pb2.Matcher.MatcherList.Predicate.SinglePredicate:
    single = matcher_pb2.Matcher.MatcherList.Predicate.SinglePredicate(input=_header_input(name))
    single.value_match.safe_regex.CopyFrom(
        regex_pb2.RegexMatcher(regex=regex, google_re2=regex_pb2.RegexMatcher.GoogleRE2())
    )
    return single


def _unless_blocked(blocks: tuple[Mitigation, ...], otherwise: OnMatch, observed: str | None) -> OnMatch:
    """Denies clients by address, each mitigation's networks looked up in a trie."""
    blocked = OnMatch()
    blocked.matcher.on_no_match.CopyFrom(otherwise)
    for mitigation in blocks:
        if isinstance(mitigation.measure, Block):
            trie = ip_pb2.Ip(stat_prefix="block", cidr_ranges=[_cidr(n) for n in mitigation.measure.networks])
            entry = blocked.matcher.matcher_list.matchers.add(on_match=_deny(mitigation, observed))
            address = entry.predicate.single_predicate
            address.input.CopyFrom(_typed("source_ip", network_inputs_pb2.SourceIPInput()))
            address.custom_match.CopyFrom(_typed("ip", trie))
    return blocked


def _cidr(network: Network) -> address_pb2.CidrRange:
    return address_pb2.CidrRange(address_prefix=str(network.network_address), prefix_len=uint32(network.prefixlen))


def _deny(mitigation: Mitigation, observed: str | None) -> OnMatch:
    rule = f"{mitigation.measure.kind}.{mitigation.id}"
    name = rule if observed is None else name_rule(observed, rule)
    return _act(rbac_pb2.Action(name=name, action=rbac_pb2.RBAC.DENY))


def _allow(name: str) -> OnMatch:
    return _act(rbac_pb2.Action(name=name, action=rbac_pb2.RBAC.ALLOW))


def _act(action: rbac_pb2.Action) -> OnMatch:
    return OnMatch(action=_typed("action", action))


def _header_input(name: str) -> xds_extension_pb2.TypedExtensionConfig:
    return _typed("header", http_inputs_pb2.HttpRequestHeaderMatchInput(header_name=name))


def _typed(name: str, message: Message) -> xds_extension_pb2.TypedExtensionConfig:
    return xds_extension_pb2.TypedExtensionConfig(name=name, typed_config=pack(message))


def _extension(name: str, message: Message) -> extension_pb2.TypedExtensionConfig:
    return extension_pb2.TypedExtensionConfig(name=name, typed_config=pack(message))


def _descriptors(
    service: str, limit: Limit, mask: ClientMask, edges: int
) -> Iterator[ratelimit_pb2.LocalRateLimitDescriptor]:
    if limit.requests_per_s is not None:
        burst = max(1, round(limit.requests_per_s * LIMIT_BURST_S))
        total = ratelimit_pb2.LocalRateLimitDescriptor(
            token_bucket=compile_bucket(Bucket(limit.requests_per_s, burst), edges)
        )
        total.entries.add(key="service", value=service)
        yield total
    if limit.per_client is not None:
        rate = limit.per_client.requests
        burst = limit.per_client.burst or max(1, round(rate * LIMIT_BURST_S))
        each = ratelimit_pb2.LocalRateLimitDescriptor(token_bucket=compile_bucket(Bucket(rate, burst), edges))
        each.entries.add(key="service", value=service)
        client_entry(each, mask)
        yield each


def _add_actions(config: local_rate_limit_pb2.LocalRateLimit, mask: ClientMask) -> None:
    config.max_dynamic_descriptors.value = 50_000
    total = config.rate_limits.add()
    total.actions.append(_service_action())
    each = config.rate_limits.add()
    each.actions.append(_service_action())
    each.actions.append(client_action(mask))


def _service_action() -> route.RateLimit.Action:
    action = route.RateLimit.Action()
    action.metadata.descriptor_key = "service"
    action.metadata.source = route.RateLimit.Action.MetaData.ROUTE_ENTRY
    action.metadata.metadata_key.key = names.METADATA
    action.metadata.metadata_key.path.add(key="service")
    return action
