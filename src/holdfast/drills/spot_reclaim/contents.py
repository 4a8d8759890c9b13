"""What is served: files whose bytes follow from their paths, so that anybody can tell whether an answer is right."""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from typing import Final

SMALL: Final = "small"
LARGE: Final = "large"
API: Final = "api"
ASSETS_PREFIX: Final = "/assets/"
API_PATH: Final = "/api/items"
BLOCK_BYTES: Final = 65_536


def name_assets(kind: str, count: int, size: int) -> tuple[str, ...]:
    """The paths of so many files of one kind; their size, in bytes, is in their names."""
    return tuple(f"{ASSETS_PREFIX}{kind}-{number:03}-{size}.bin" for number in range(1, count + 1))


@cache
def make_content(path: str) -> bytes:
    """The bytes of a file; ValueError for a path that none has."""
    size = int(path.removesuffix(".bin").rpartition("-")[2])
    if not path.startswith(ASSETS_PREFIX) or not 0 < size <= 64 * 1024**2:
        raise ValueError(f"there is no file {path}")
    seed = sha256(path.encode()).digest()
    block = b"".join(sha256(seed + number.to_bytes(4)).digest() for number in range(BLOCK_BYTES // 32))
    return (block * (size // len(block) + 1))[:size]


@cache
def hash_content(path: str) -> str:
    """The SHA-256 of a file's bytes, in hexadecimal."""
    return sha256(make_content(path)).hexdigest()
