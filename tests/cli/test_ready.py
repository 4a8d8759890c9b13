"""What `holdfast ready` prints of the store of last good copies."""

import pytest

from holdfast.cli.ready import print_readiness
from holdfast.views.readiness import CopiesDocument, show_readiness


def test_it_says_what_is_wrong_with_the_store(capsys: pytest.CaptureFixture[str]) -> None:
    bad = CopiesDocument(services=("shop", "mail"), problem="there is no nginx")
    print_readiness(show_readiness((), ("shop",), 0.0, bad), "shop")
    assert capsys.readouterr().out.splitlines() == [
        "shop has no standby.",
        "Last good copies of 2 services: not-ready",
        "    there is no nginx",
    ]
    print_readiness(show_readiness((), (), 0.0, CopiesDocument(services=("shop",))), None)
    assert "Last good copies of shop: ready" in capsys.readouterr().out
