"""An edge's access log: kept within bounds beside the Envoy that writes it, and searched by request id."""

from holdfast.adapters.access_log.access_log import AccessLog
from holdfast.adapters.access_log.files import LogMaxima

__all__ = ["AccessLog", "LogMaxima"]
