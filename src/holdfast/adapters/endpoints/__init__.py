"""Where machines are learnt of: feeds of endpoints, and notices that a machine will be taken back."""

from holdfast.adapters.endpoints.feed import FeedReader, FeedUnreadable
from holdfast.adapters.endpoints.keeping import keep_endpoints, load_endpoints
from holdfast.adapters.endpoints.notices import NoticeReader, NoticeUnreadable

__all__ = [
    "FeedReader",
    "FeedUnreadable",
    "NoticeReader",
    "NoticeUnreadable",
    "keep_endpoints",
    "load_endpoints",
]
