"""Which facts a check of a platform could use."""

from holdfast.model.platform import Platform
from holdfast.spec.rules.addresses import each_listen, parse_ip, split_address
from holdfast.spec.rules.walk import each_backend


def wanted_names(platform: Platform) -> frozenset[str]:
    """The host names of endpoints, which should have addresses."""
    hosts = {split_address(endpoint)[0] for sent in each_backend(platform) for endpoint in sent.standby.addresses}
    return frozenset(host for host in hosts if parse_ip(host) is None)


def wanted_ports(platform: Platform) -> frozenset[str]:
    """The addresses that edges listen on, which should be free before they start."""
    return frozenset(listen for _, _, listen in each_listen(platform))
