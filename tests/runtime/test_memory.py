"""When garbage is collected."""

import gc
from contextlib import suppress

from holdfast.runtime.memory import collect_later


def test_nothing_is_collected_until_the_last_block_ends() -> None:
    with collect_later():
        with suppress(ValueError), collect_later():
            assert not gc.isenabled()
            raise ValueError
        assert not gc.isenabled()
    assert gc.isenabled()
