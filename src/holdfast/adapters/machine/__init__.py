"""The machine that Holdfast runs on: its kernel, its limits, its clock, its disk, and its programs."""

from holdfast.adapters.machine.clock import check_clock
from holdfast.adapters.machine.disk import check_disk
from holdfast.adapters.machine.kernel import check_kernel
from holdfast.adapters.machine.limits import check_limits
from holdfast.adapters.machine.programs import check_compiler, check_envoy

__all__ = ["check_clock", "check_compiler", "check_disk", "check_envoy", "check_kernel", "check_limits"]
