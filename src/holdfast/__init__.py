"""Holdfast: a resilience control plane over real Envoy edges."""

from importlib.metadata import version

__version__ = version("holdfast")
