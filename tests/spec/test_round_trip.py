"""A platform written as a file and read back is the same platform."""

from ipaddress import ip_network
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from holdfast.model import platform as model
from holdfast.model import upstream as backends
from holdfast.model.noun import Noun
from holdfast.model.platform import Platform
from holdfast.model.units import format_duration, parse_duration
from holdfast.spec import dump_platform
from holdfast.spec.document import read_document
from holdfast.spec.read import read_platform

names = st.from_regex(r"[a-z0-9](?:[a-z0-9-]{0,10}[a-z0-9])?", fullmatch=True) | st.sampled_from(
    ["no", "on", "null", "1", "010"]
)
hosts = st.from_regex(r"(?:\*\.)?[A-Za-z0-9]{1,8}(?:\.[a-z]{2,5}){0,2}", fullmatch=True)
ports = st.integers(1, 65535)
addresses = st.builds(
    "{}:{}".format, hosts.filter(lambda host: host[0] != "*" and not host.isdigit()), ports
) | st.builds("{}:{}".format, st.sampled_from(["127.0.0.1", "[::1]", "[2001:db8::7]"]), ports)
counts = st.integers(0, 1_000_000)
positives = st.integers(1, 1_000_000)
rates = st.integers(1, 1_000_000).map(float)
durations = st.integers(1, 86_400_000).map(lambda ms: parse_duration(format_duration(ms / 1000)))
sizes = st.integers(0, 2**32 - 1)
shares = st.integers(0, 100).map(lambda percent: percent / 100)
methods = st.lists(st.sampled_from(["GET", "HEAD", "POST", "PUT"]), unique=True).map(tuple)
networks = st.sampled_from(["10.0.0.0/8", "192.0.2.1", "2001:db8::/32", "0.0.0.0/0"]).map(ip_network)


def noun(kind: type[Noun], **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """A noun with each of these fields stated or left at its default."""
    required = {name: fields.pop(name) for name, field in kind.model_fields.items() if field.is_required()}
    return st.fixed_dictionaries(required, optional=fields).map(lambda stated: kind(**stated))


client_limits = noun(model.ClientLimits, requests=rates, burst=positives)
limits = noun(model.Limits, requests=rates, burst=positives, per_client=client_limits)
in_flight = noun(model.InFlight, guaranteed=counts, maximum=positives)
bulkhead = noun(model.Bulkhead, in_flight=in_flight, pending=counts, connections=positives)
graphql = noun(
    model.GraphQL,
    mutations=st.booleans(),
    batching=st.booleans(),
    introspection=st.booleans(),
    get_queries=st.booleans(),
)
accept = noun(
    model.Accept,
    methods=methods,
    content_types=st.just(("application/json", "image/*")),
    body_max=sizes,
    header_max=sizes,
    url_max=sizes,
    graphql=graphql,
)
timeouts = noun(backends.Timeouts, connect=durations, per_try=durations, request=durations, idle=durations)
health_check = noun(
    backends.HealthCheck,
    path=st.sampled_from(["/", "/healthz?deep=1#x", "/ü: {"]),
    interval=durations,
    timeout=durations,
    unhealthy_after=positives,
    healthy_after=positives,
)
retries = noun(
    backends.Retries,
    attempts_max=st.integers(0, 5),
    methods=methods,
    idempotency_key=st.just("Idempotency-Key"),
    budget=shares,
    body_max=sizes,
)
upstream = noun(
    backends.Upstream,
    endpoints=st.lists(addresses, min_size=1, max_size=3).map(tuple),
    protocol=st.sampled_from(["http1", "http2"]),
    timeouts=timeouts,
    health_check=health_check,
    retries=retries,
)
service = noun(
    model.Service,
    hosts=st.lists(hosts, min_size=1, max_size=3).map(tuple),
    upstream=upstream,
    criticality=st.sampled_from(model.Criticality),
    mode=st.sampled_from(model.Mode),
    response=st.sampled_from(model.Response),
    limits=limits,
    bulkhead=bulkhead,
    accept=accept,
)
printable = st.text(
    st.characters(min_codepoint=32, max_codepoint=0x2FFF, exclude_categories=["Cc", "Cs", "Cn", "Zl", "Zp"]),
    max_size=40,
)
consent = noun(model.Consent, deny=st.booleans(), kill=st.booleans())
tenant = noun(model.Tenant, services=st.dictionaries(names, service, max_size=2), contact=printable, consent=consent)
edge = noun(model.Edge, name=names, listen=addresses)
capacity = noun(model.Capacity, in_flight=positives, requests=rates, connections=positives)
location = noun(model.Location, edges=st.lists(edge, min_size=1, max_size=2).map(tuple), capacity=capacity)
clients = noun(
    model.Clients, trusted_proxies=st.lists(networks, max_size=3).map(tuple), ipv6_prefix=st.integers(32, 128)
)
defaults = noun(
    model.ServiceDefaults,
    criticality=st.sampled_from(model.Criticality),
    response=st.sampled_from(model.Response),
    limits=limits,
    bulkhead=bulkhead,
)
bounds = noun(model.Bounds, requests_max=rates, burst_max=positives, per_client_max=rates)
access_log = noun(model.AccessLog, format=st.sampled_from(["json", "combined"]), share=shares)
platforms = noun(
    Platform,
    holdfast=st.just(1),
    name=names,
    mode=st.sampled_from(model.Mode),
    clients=clients,
    locations=st.dictionaries(names, location, min_size=1, max_size=2),
    defaults=defaults,
    bounds=bounds,
    access_log=access_log,
    tenants=st.dictionaries(names, tenant, max_size=3),
)


@given(platforms)
@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_a_platform_written_and_read_back_is_the_same(platform: Platform) -> None:
    document = read_document(dump_platform(platform), "written.yaml")
    assert document.diagnostics == ()
    assert document.tree is not None
    reading = read_platform(document.tree)
    assert reading.findings == ()
    assert reading.platform == platform
