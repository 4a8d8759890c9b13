"""The public status site: a status document as files, and a directory in which they change all at once."""

from holdfast.adapters.status_site.directory import SiteDirectory
from holdfast.adapters.status_site.memory import load_memory, save_memory
from holdfast.adapters.status_site.site import SiteRenderer

__all__ = ["SiteDirectory", "SiteRenderer", "load_memory", "save_memory"]
