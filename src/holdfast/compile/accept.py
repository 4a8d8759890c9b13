"""The kinds of request a service takes, as denials with names that the answers then repeat.

Checks on the head of a request are one RBAC filter, checks on a GraphQL document another, behind the filter
that reads it. Both are switched on only in the routes of services that ask for them.
"""

import re
from collections.abc import Iterator

from envoy.config.rbac.v3 import rbac_pb2
from envoy.config.route.v3 import route_components_pb2 as route
from envoy.extensions.filters.http.json_to_metadata.v3 import json_to_metadata_pb2
from envoy.extensions.filters.http.rbac.v3 import rbac_pb2 as rbac_filter_pb2
from envoy.type.matcher.v3 import metadata_pb2, regex_pb2, string_pb2, value_pb2
from google.api.expr.v1alpha1 import syntax_pb2 as cel

from holdfast.compile.observed import name_rule
from holdfast.model.platform import Accept, GraphQL, Mode

GRAPHQL_NAMESPACE = "holdfast.graphql"
_QUERY_KEY = "query"
_UNREADABLE_KEY = "unreadable"
GRAPHQL_DOCUMENT = (GRAPHQL_NAMESPACE, _QUERY_KEY)
"""Namespace and key of the dynamic metadata that a request's document is read into."""
METHOD_OVERRIDES = ("x-http-method-override", "x-http-method", "x-method-override")
_READS = ("GET", "HEAD", "OPTIONS")
_GRAPHQL_CONTENT_TYPES = ("application/json",)

_MUTATION_WORD = r"(?s)(?:^|.*[^_0-9A-Za-z$@])(?:mutation|subscription)(?:[^_0-9A-Za-z].*|$)"
"""Any token `mutation` or `subscription`. A field of that name is refused too: wrong in the safe direction."""
_INTROSPECTION_WORD = r"(?s)(?:^|.*[^_0-9A-Za-z$@])__(?:schema|type)(?:[^_0-9A-Za-z].*|$)"
GRAPHQL_BODY_MAX = 1024 * 1024
"""For a service that states nothing: a document is judged when its body is whole, which must end somewhere."""
GRAPHQL_OBSERVED_BODY_MAX = 16 * 1024 * 1024
"""For a service that is only observed: bodies are read all the same, and the edge's memory must be safe."""
GRAPHQL_DOCUMENT_MAX = 8192
"""Envoy's own: longer values aren't read, so longer documents can't be judged."""
_ENCODED_LETTER = r".*%(?:4[1-9a-f]|5[0-9af]|6[1-9a-f]|7[0-9a])"
_QUERY_PARAMETER = r"[^?]*\?(?:.*&)?query=[^&].*"


def needs_accept_filter(accept: Accept) -> bool:
    """Whether anything about a request's head is checked."""
    return any(True for _ in _head_policies(accept))


def compile_accept(accept: Accept, mode: Mode, service: str) -> rbac_filter_pb2.RBACPerRoute:
    """Denials that need no body: methods, content types, sizes of URL, head and stated body."""
    return _per_route(dict(_head_policies(accept)), mode, service)


def compile_graphql(graphql: GraphQL, mode: Mode, service: str) -> rbac_filter_pb2.RBACPerRoute:
    """Denials by what a GraphQL document holds."""
    return _per_route(dict(_document_policies(graphql)), mode, service)


def compile_graphql_reader(accept: Accept) -> json_to_metadata_pb2.JsonToMetadata:
    """Reads the document out of a JSON body, under any content type that is let through."""
    config = json_to_metadata_pb2.JsonToMetadata()
    config.request_rules.allow_content_types_regex.regex = _content_type_regex(accepted_content_types(accept))
    rule = config.request_rules.rules.add()
    rule.selectors.add(key=_QUERY_KEY)
    rule.on_present.metadata_namespace = GRAPHQL_NAMESPACE
    rule.on_present.key = _QUERY_KEY
    rule.on_error.metadata_namespace = GRAPHQL_NAMESPACE
    rule.on_error.key = _UNREADABLE_KEY
    rule.on_error.value.string_value = "yes"
    return config


def complete_accept(accept: Accept) -> Accept:
    """The same, with a bound for bodies that have to be read."""
    if accept.graphql is None or accept.body_max is not None:
        return accept
    return accept.model_copy(update={"body_max": GRAPHQL_BODY_MAX})


def accepted_methods(accept: Accept) -> tuple[str, ...]:
    """The methods that are let through; empty if all are."""
    if accept.methods is None and accept.graphql:
        return ("GET", "POST", "OPTIONS") if accept.graphql.get_queries else ("POST", "OPTIONS")
    return accept.methods or ()


def accepted_content_types(accept: Accept) -> tuple[str, ...]:
    """The content types that are let through; empty if all are."""
    if accept.content_types is None and accept.graphql:
        return _GRAPHQL_CONTENT_TYPES
    return accept.content_types or ()


def describe_accept(accept: Accept) -> str:
    """What is accepted, in one line for whoever was refused."""
    parts = []
    if methods := accepted_methods(accept):
        parts.append("methods " + ", ".join(methods))
    if types := accepted_content_types(accept):
        parts.append("content types " + ", ".join(types))
    for what, most in (("body", accept.body_max), ("head", accept.header_max), ("URL", accept.url_max)):
        if most is not None:
            parts.append(f"{what} up to {most} bytes")
    if accept.graphql:
        parts.append(_describe_graphql(accept.graphql))
    return "; ".join(parts)


def method_matcher(methods: tuple[str, ...], *, invert: bool = False) -> route.HeaderMatcher:
    """Matches requests of any of these methods (or, inverted, of any other)."""
    pattern = regex_pb2.RegexMatcher(regex="|".join(methods))
    return route.HeaderMatcher(
        name=":method", string_match=string_pb2.StringMatcher(safe_regex=pattern), invert_match=invert
    )


def override_permissions() -> Iterator[rbac_pb2.Permission]:
    """Requests that ask the application to take them for another method than they are."""
    for name in METHOD_OVERRIDES:
        yield rbac_pb2.Permission(header=route.HeaderMatcher(name=name, present_match=True))


def writing_method() -> rbac_pb2.Permission:
    """All but GET, HEAD and OPTIONS, and what asks to be taken for another method than it is."""
    writes = rbac_pb2.Permission(header=method_matcher(_READS, invert=True))
    return rbac_pb2.Permission(or_rules=rbac_pb2.Permission.Set(rules=[writes, *override_permissions()]))


def writing_document() -> rbac_pb2.Permission:
    """Requests whose GraphQL document may write, or can't be read: all that have one and aren't surely a query."""
    writes = rbac_pb2.Permission(header=method_matcher(_READS, invert=True))
    unread = rbac_pb2.Permission(not_rule=rbac_pb2.Permission(metadata=_document(".*")))
    mutation = rbac_pb2.Permission(metadata=_document(_MUTATION_WORD))
    return _all(writes, rbac_pb2.Permission(or_rules=rbac_pb2.Permission.Set(rules=[unread, mutation])))


def _describe_graphql(graphql: GraphQL) -> str:
    allowed = ["queries"] + (["mutations"] if graphql.mutations else [])
    extras = [
        ("batches", graphql.batching),
        ("introspection", graphql.introspection),
        ("GET queries", graphql.get_queries),
    ]
    allowed += [name for name, on in extras if on]
    return f"GraphQL only, documents up to {GRAPHQL_DOCUMENT_MAX} bytes: " + ", ".join(allowed)


def _head_policies(accept: Accept) -> Iterator[tuple[str, rbac_pb2.Policy]]:
    if methods := accepted_methods(accept):
        yield (
            "accept.methods",
            _policy(rbac_pb2.Permission(header=method_matcher(methods, invert=True)), *override_permissions()),
        )
    if types := accepted_content_types(accept):
        yield "accept.content_types", _policy(_content_type_permission(types))
    if accept.body_max is not None:
        too_long = route.HeaderMatcher(name="content-length")
        too_long.range_match.start, too_long.range_match.end = accept.body_max + 1, 2**63 - 1
        yield "accept.body_max", _policy(rbac_pb2.Permission(header=too_long))
    if accept.header_max is not None:
        yield "accept.header_max", _policy(condition=_greater(_select("request", "total_size"), accept.header_max))
    if accept.url_max is not None:
        size = _call("size", _select("request", "path"))
        yield "accept.url_max", _policy(condition=_greater(size, accept.url_max))


def _content_type_permission(types: tuple[str, ...]) -> rbac_pb2.Permission:
    """A body of another type: not GET, HEAD or OPTIONS, not surely empty, and a type that isn't wholly one of these.

    The whole value must match, so that a header given twice (joined by a comma) is refused.
    """
    pattern = regex_pb2.RegexMatcher(regex=_content_type_regex(types))
    wrong = route.HeaderMatcher(
        name="content-type",
        string_match=string_pb2.StringMatcher(safe_regex=pattern),
        invert_match=True,
        treat_missing_header_as_empty=True,
    )
    writes = rbac_pb2.Permission(header=method_matcher(_READS, invert=True))
    return _all(writes, rbac_pb2.Permission(header=wrong), rbac_pb2.Permission(not_rule=_surely_empty()))


def _surely_empty() -> rbac_pb2.Permission:
    """No type stated, and a length of 0; or none at all for DELETE, whose body has no meaning (RFC 9110, 9.3.5).

    Any other request without a length may have a body over HTTP/2.
    """
    zero = route.HeaderMatcher(name="content-length", string_match=string_pb2.StringMatcher(exact="0"))
    delete = _all(rbac_pb2.Permission(header=method_matcher(("DELETE",))), _absent("content-length"))
    either = rbac_pb2.Permission(or_rules=rbac_pb2.Permission.Set(rules=[rbac_pb2.Permission(header=zero), delete]))
    return _all(_absent("content-type"), _absent("transfer-encoding"), either)


def _absent(name: str) -> rbac_pb2.Permission:
    return rbac_pb2.Permission(header=route.HeaderMatcher(name=name, present_match=True, invert_match=True))


def _all(*rules: rbac_pb2.Permission) -> rbac_pb2.Permission:
    return rbac_pb2.Permission(and_rules=rbac_pb2.Permission.Set(rules=rules))


def _content_type_regex(types: tuple[str, ...]) -> str:
    alternatives = "|".join(re.escape(t).replace(r"\*", "[^/;,]+") for t in types)
    return rf"(?i)(?:{alternatives})[ \t]*(?:;[^,]*)?"


def _document_policies(graphql: GraphQL) -> Iterator[tuple[str, rbac_pb2.Policy]]:
    """What is inside a batch can't be told, so none passes where anything is forbidden inside a document."""
    writes = rbac_pb2.Permission(header=method_matcher(_READS, invert=True))
    if graphql.batching and graphql.mutations and graphql.introspection:
        unread = rbac_pb2.Permission(metadata=_document(".*", _UNREADABLE_KEY))
    else:
        unread = rbac_pb2.Permission(not_rule=rbac_pb2.Permission(metadata=_document(".*")))
    yield "accept.graphql", _policy(_all(writes, unread))
    if not graphql.mutations:
        yield "accept.graphql_mutations", _policy(rbac_pb2.Permission(metadata=_document(_MUTATION_WORD)))
    if not graphql.introspection:
        yield "accept.graphql_introspection", _policy(rbac_pb2.Permission(metadata=_document(_INTROSPECTION_WORD)))
    is_get = rbac_pb2.Permission(header=method_matcher(("GET", "HEAD")))
    bad_gets = [_all(is_get, p) for p in _bad_get_paths(graphql)] if graphql.get_queries else [is_get]
    yield "accept.graphql_get", _policy(*bad_gets)


def _bad_get_paths(graphql: GraphQL) -> Iterator[rbac_pb2.Permission]:
    """No query at all; a mutation; and letters spelled as %xx, which could hide either (RFC 3986, 2.3)."""
    yield rbac_pb2.Permission(not_rule=rbac_pb2.Permission(header=_path(_QUERY_PARAMETER)))
    yield rbac_pb2.Permission(header=_path(rf"(?i){_ENCODED_LETTER}.*"))
    yield rbac_pb2.Permission(
        header=_path(r".*(?:[^_0-9A-Za-z$@]|%[0-9A-Fa-f]{2})(?:mutation|subscription)(?:[^_0-9A-Za-z].*|$)")
    )
    if not graphql.introspection:
        yield rbac_pb2.Permission(header=_path(r".*__(?:schema|type)(?:[^n].*|$)"))


def _path(regex: str) -> route.HeaderMatcher:
    return route.HeaderMatcher(
        name=":path", string_match=string_pb2.StringMatcher(safe_regex=regex_pb2.RegexMatcher(regex=regex))
    )


def _document(regex: str, key: str = _QUERY_KEY) -> metadata_pb2.MetadataMatcher:
    pattern = string_pb2.StringMatcher(safe_regex=regex_pb2.RegexMatcher(regex=regex if regex != ".*" else "(?s).*"))
    matcher = metadata_pb2.MetadataMatcher(filter=GRAPHQL_NAMESPACE, value=value_pb2.ValueMatcher(string_match=pattern))
    matcher.path.add(key=key)
    return matcher


def _policy(*permissions: rbac_pb2.Permission, condition: cel.Expr | None = None) -> rbac_pb2.Policy:
    policy = rbac_pb2.Policy(
        permissions=permissions or [rbac_pb2.Permission(any=True)], principals=[rbac_pb2.Principal(any=True)]
    )
    if condition:
        policy.condition.CopyFrom(condition)
    return policy


def _per_route(policies: dict[str, rbac_pb2.Policy], mode: Mode, service: str) -> rbac_filter_pb2.RBACPerRoute:
    """The rules; in observe mode they refuse nothing, and what they would have refused is counted by service."""
    if mode is Mode.OBSERVE:
        named = {name_rule(service, rule): policy for rule, policy in policies.items()}
        shadow = rbac_pb2.RBAC(action=rbac_pb2.RBAC.DENY, policies=named)
        return rbac_filter_pb2.RBACPerRoute(rbac=rbac_filter_pb2.RBAC(shadow_rules=shadow, track_per_rule_stats=True))
    rules = rbac_pb2.RBAC(action=rbac_pb2.RBAC.DENY, policies=policies)
    return rbac_filter_pb2.RBACPerRoute(rbac=rbac_filter_pb2.RBAC(rules=rules))


def _select(operand: str, name: str) -> cel.Expr:
    ident = cel.Expr(ident_expr=cel.Expr.Ident(name=operand))
    return cel.Expr(select_expr=cel.Expr.Select(operand=ident, field=name))


def _call(function: str, *args: cel.Expr) -> cel.Expr:
    return cel.Expr(call_expr=cel.Expr.Call(function=function, args=args))


def _greater(left: cel.Expr, most: int) -> cel.Expr:
    return _call("_>_", left, cel.Expr(const_expr=cel.Constant(int64_value=most)))
