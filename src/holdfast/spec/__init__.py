"""Platform files: read, checked, explained, written and described. Nothing here does input or output."""

from holdfast.spec.bundle import MAIN
from holdfast.spec.check import Checked, add_facts, check_bytes, check_files, check_text
from holdfast.spec.directory import Content, Oddity
from holdfast.spec.document import FILE_SIZE_MAX
from holdfast.spec.facts import Facts
from holdfast.spec.schema import render_schema
from holdfast.spec.source import SourceMap
from holdfast.spec.starter import STARTER
from holdfast.spec.trespass import show_trespasses
from holdfast.spec.wanted import wanted_names, wanted_ports
from holdfast.spec.write import dump_platform, write_noun

__all__ = [
    "FILE_SIZE_MAX",
    "MAIN",
    "STARTER",
    "Checked",
    "Content",
    "Facts",
    "Oddity",
    "SourceMap",
    "add_facts",
    "check_bytes",
    "check_files",
    "check_text",
    "dump_platform",
    "render_schema",
    "show_trespasses",
    "wanted_names",
    "wanted_ports",
    "write_noun",
]
