"""Paths are found in the text, through aliases and merges too."""

from holdfast.spec import SourceMap

TEXT = """\
holdfast: 1
shared: &shared {requests: 100/s}
tenants:
  acme:
    services:
      shop:
        hosts: [a.example, "b.example"]
        limits:
          <<: *shared
          burst: 5
      cart:
        limits: *shared
"""
SHOP = ("tenants", "acme", "services", "shop")


def test_a_scalar_is_where_its_value_is() -> None:
    assert SourceMap(TEXT).position((*SHOP, "hosts", 1)) == (7, 28)
    assert SourceMap(TEXT).written((*SHOP, "hosts", 1)) == "b.example"
    assert SourceMap(TEXT).position(("holdfast",), on_key=True) == (1, 1)


def test_a_mapping_is_where_its_key_is() -> None:
    assert SourceMap(TEXT).position(SHOP) == (6, 7)
    assert SourceMap(TEXT).written(SHOP) == "shop"


def test_what_is_not_written_is_where_its_surroundings_are() -> None:
    source_map = SourceMap(TEXT)
    assert (*SHOP, "upstream") not in source_map
    assert source_map.position((*SHOP, "upstream", "endpoints", 0)) == (6, 7)
    assert source_map.position(("locations",)) == (1, 1)


def test_what_is_repeated_is_where_it_was_written() -> None:
    source_map = SourceMap(TEXT)
    assert source_map.position((*SHOP, "limits", "requests")) == (2, 28)
    assert source_map.position((*SHOP, "limits", "burst")) == (10, 18)
    assert source_map.position(("tenants", "acme", "services", "cart", "limits", "requests")) == (2, 28)
    assert source_map.position(("tenants", "acme", "services", "cart", "limits")) == (12, 9)


def test_text_that_is_not_yaml_has_no_places() -> None:
    assert SourceMap("a: [").position(("a",)) == (1, 1)
