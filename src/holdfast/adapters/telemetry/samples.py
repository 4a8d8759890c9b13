"""From entries of Envoy's access log to sampled requests."""

import re
from dataclasses import dataclass
from typing import Final

from envoy.config.core.v3 import base_pb2
from envoy.data.accesslog.v3 import accesslog_pb2

from holdfast.model.placeholders import disguise_target
from holdfast.model.redaction import mask_path, redact_url
from holdfast.model.sample import SampledRequest

TEXT_CHARS_MAX: Final = 256
"""Of a path, a referer, a user agent."""
DOCUMENT_CHARS_MAX: Final = 8192
_MATCHED_RULE: Final = re.compile(r"rbac_access_denied_matched_policy\[([^\]]*)\]")
_METHODS: Final = {number: name for name, number in base_pb2.RequestMethod.items() if number}


@dataclass(frozen=True, slots=True)
class SampleReader:
    """Reads entries of one edge.

    `cause_header` and `mitigation_header` say in an answer by which rule the edge gave it, and whose mitigation that
    was. `document_at` is the namespace and the key of dynamic metadata that holds a GraphQL document.
    `route_tag` is what the name of the request's route is called.
    """

    edge: str
    cause_header: str
    mitigation_header: str
    document_at: tuple[str, str]
    route_tag: str = ""

    def read(
        self, entry: accesslog_pb2.HTTPAccessLogEntry, weight: float, *, with_target: bool = True
    ) -> SampledRequest | None:
        """A request as others may see it; None for one that no service was found for."""
        common, request, answer = entry.common_properties, entry.request, entry.response
        if not common.route_name:
            return None
        headers = request.request_headers
        return SampledRequest(
            at=common.start_time.ToNanoseconds() / 1e9,
            edge=self.edge,
            service=common.route_name,
            request_id=request.request_id[:TEXT_CHARS_MAX],
            client=common.downstream_remote_address.socket_address.address,
            method=_METHODS.get(request.request_method, ""),
            path=mask_path(request.path.partition("?")[0][:TEXT_CHARS_MAX]),
            user_agent=request.user_agent[:TEXT_CHARS_MAX],
            referer=redact_url(request.referer[: 4 * TEXT_CHARS_MAX])[:TEXT_CHARS_MAX],
            status=answer.response_code.value,
            cause=self._read_cause(answer),
            duration_s=common.duration.ToNanoseconds() / 1e9,
            weight=weight,
            host=request.authority[:TEXT_CHARS_MAX],
            target=disguise_target(request.path) if with_target else "",
            route=common.custom_tags.get(self.route_tag, ""),
            content_type=headers.get("content-type", "").partition(";")[0].strip()[:TEXT_CHARS_MAX],
            accept=headers.get("accept", "")[:TEXT_CHARS_MAX],
            head_bytes=request.request_headers_bytes,
            body_bytes=request.request_body_bytes,
            document=self._read_document(common),
        )

    def _read_cause(self, answer: accesslog_pb2.HTTPResponseProperties) -> str:
        """The rule in full where Envoy names it, else the cause; empty for an upstream's own answer."""
        if matched := _MATCHED_RULE.match(answer.response_code_details):
            return matched[1]
        return answer.response_headers.get(self.mitigation_header) or answer.response_headers.get(self.cause_header, "")

    def _read_document(self, common: accesslog_pb2.AccessLogCommon) -> str | None:
        namespace, key = self.document_at
        if namespace not in common.metadata.filter_metadata:
            return None
        fields = common.metadata.filter_metadata[namespace].fields
        return fields[key].string_value[:DOCUMENT_CHARS_MAX] if key in fields else None
