"""Files that only an audited file names: asked for at the configured scheme, host and port, and nowhere else."""

from __future__ import annotations

import pytest

from scanner.index.cache import Cache
from scanner.index.client import IndexClient
from scanner.index.config import from_environment
from scanner.model.known import NotKnown
from scanner.model.names import canonicalize_name
from scanner.model.package import Package, Source
from scanner.resolver.releases import find_releases
from scanner.resolver.target import target_environment
from tests.support.index_server import Index


def chosen_of(url: str) -> object:
    package = Package(canonicalize_name("demo"), "1.0", Source("url", url))
    with IndexClient(from_environment(), Cache.default()) as client:
        found = find_releases([package], client, target_environment(), {}, lambda done, total: None)
    return found[package].chosen


@pytest.mark.parametrize("change", ["port", "scheme", "user-as-host", "no-host"])
def test_another_port_or_scheme_of_the_index_is_another_server(index: Index, change: str) -> None:
    """A line of an audited file on another port of the index was asked, with the password that netrc holds."""
    host = index.url.removeprefix("http://")
    url = {
        "port": "http://127.0.0.1:1/demo-1.0-py3-none-any.whl",
        "scheme": f"https://{host}/demo-1.0-py3-none-any.whl",
        "user-as-host": f"http://{host}@elsewhere.invalid/demo-1.0-py3-none-any.whl",
        "no-host": "http:///demo-1.0-py3-none-any.whl",
    }[change]
    assert isinstance(chosen_of(url), NotKnown)
    assert not isinstance(chosen_of(f"http://{host}/demo-1.0-py3-none-any.whl"), NotKnown)
