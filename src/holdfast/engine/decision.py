"""What comes of a command."""

from holdfast.model.event import Event
from holdfast.model.refusal import Refusal

Decision = tuple[Event, ...] | Refusal
"""What is to be recorded, in order; or why nothing is."""
