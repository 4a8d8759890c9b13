"""Services in rows, those of a tenant side by side, so that sums by tenant are quick."""

from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import Final

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.intp]
UNKNOWN: Final = -1


class Roster:
    """Which row each service has, and which each tenant has among the sums."""

    def __init__(self, tenants: Mapping[str, str]) -> None:
        """`tenants` maps services to their tenants."""
        self.owners = dict(tenants)
        self.names: tuple[str, ...] = tuple(sorted(tenants, key=lambda name: (tenants[name], name)))
        self.row_of: dict[str, int] = {name: row for row, name in enumerate(self.names)}
        owners = [tenants[name] for name in self.names]
        self.tenants: tuple[str, ...] = tuple(dict.fromkeys(owners))
        number_of = {tenant: number for number, tenant in enumerate(self.tenants)}
        self.tenant_of: Rows = np.array([number_of[owner] for owner in owners], np.intp)
        self._starts: Rows = np.searchsorted(self.tenant_of, np.arange(len(self.tenants)))

    def find_rows(self, services: Sequence[str]) -> Rows:
        """The rows of services, `UNKNOWN` for those that aren't known."""
        if len(services) > 1:
            try:
                return np.array(itemgetter(*services)(self.row_of), np.intp)
            except KeyError:
                pass
        return np.array([self.row_of.get(name, UNKNOWN) for name in services], np.intp)

    def sum_by_tenant(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """Sums over the services of each tenant, along the axis before the last."""
        if len(self.tenants) in (0, values.shape[-2]):
            return values
        sums: NDArray[np.float32] = np.add.reduceat(values, self._starts, axis=-2)
        return sums

    def carry(self, before: "Roster") -> tuple[Rows, Rows]:
        """Rows here and there of the services that both have."""
        pairs = [(row, before.row_of[name]) for name, row in self.row_of.items() if name in before.row_of]
        here, there = zip(*pairs, strict=True) if pairs else ((), ())
        return np.array(here, np.intp), np.array(there, np.intp)
