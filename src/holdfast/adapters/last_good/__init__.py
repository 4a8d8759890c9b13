"""The last configuration that an edge took, on its own disk: what it starts from when control is gone."""

from holdfast.adapters.last_good.store import LastGoodStore

__all__ = ["LastGoodStore"]
