"""What checks want to know about the world: which names have addresses, which ports are taken, who answers."""

from holdfast.adapters.facts.connections import find_dead
from holdfast.adapters.facts.names import find_unresolved
from holdfast.adapters.facts.ports import find_ports_in_use

__all__ = ["find_dead", "find_ports_in_use", "find_unresolved"]
