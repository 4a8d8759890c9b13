"""A site as a web server gives it out, and the programs that read it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from fakes.npm import install
from fakes.status_site import make_document, make_full_state
from fakes.web_server import serve_directory
from holdfast.adapters.status_site import SiteDirectory, SiteRenderer


@pytest.fixture(scope="module")
def node_modules() -> Path:
    return install(Path(__file__).parent)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    site = SiteDirectory(tmp_path_factory.mktemp("site"))
    site.publish(SiteRenderer().render(make_document(make_full_state())))
    with serve_directory(site.path / "current") as url:
        yield url
