"""What a heartbeat asks over HTTP: whether it came through, and to be known to be alive."""

from holdfast.adapters.heartbeat.asking import Unanswered, ask

__all__ = ["Unanswered", "ask"]
