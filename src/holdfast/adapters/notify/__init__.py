"""Telling tenants' contacts what was done to their services: by e-mail or webhook."""

from holdfast.adapters.notify.notice import DeliveryFailed, Notice
from holdfast.adapters.notify.notifier import Notifier
from holdfast.adapters.notify.settings import NotifySettings, read_settings

__all__ = ["DeliveryFailed", "Notice", "Notifier", "NotifySettings", "read_settings"]
