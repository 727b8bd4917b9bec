"""Ways in which a dependency could leave the graph unseen: each stays, or is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from scanner.model.known import NotKnown
from tests.resolver.test_build import gaps, packages, paths, resolved
from tests.support.builders import metadata, sdist, sha256, wheel
from tests.support.index_server import File, Index

pytestmark = pytest.mark.usefixtures("seed_is_unpacked")

UNREADABLE = ["bar (>=0.5.*)", "foo (<2", "foo>=2004d", "foo ; python_version = '3'"]


@pytest.mark.parametrize("refused", UNREADABLE)
@pytest.mark.parametrize("stated", [False, True], ids=["wheel", "pep-658"])
def test_a_release_whose_requirements_pep_508_refuses_is_passed_over(
    tmp_path: Path, index: Index, refused: str, stated: bool
) -> None:
    index.add("old", wheel("old", "1.0", requires=["bar"]))
    name, body = wheel("old", "1.1", requires=[refused])
    index.add("old", File(name, body, metadata=metadata("old", "1.1", [refused]) if stated else None))
    index.add("bar", wheel("bar", "1.0"))
    assert packages(resolved(tmp_path, {"requirements.txt": "old\n"})) == ["bar==1.0", "old==1.0"]


@pytest.mark.parametrize("line", ["old==1.1", "old>1"])
def test_where_no_other_release_is_left_its_dependencies_are_not_known(tmp_path: Path, index: Index, line: str) -> None:
    index.add("old", wheel("old", "1.0"), wheel("old", "1.1", requires=UNREADABLE))
    found = resolved(tmp_path, {"requirements.txt": f"{line}\n"})
    assert packages(found) == ["old==1.1"]
    assert "PEP 508 refuses" in gaps(found)["old==1.1"]


def test_a_constraint_may_be_a_file_of_its_own(tmp_path: Path, index: Index) -> None:
    index.add("foo", wheel("foo", requires=["bar"]))
    index.add("bar", wheel("bar", "1.0", requires=["below"]), wheel("bar", "1.1"))
    index.add("below", wheel("below"))
    limit = f"bar @ {index.url}/files/bar/bar-1.0-py3-none-any.whl\n"
    found = resolved(tmp_path, {"requirements.txt": "-c limits.txt\nfoo\n", "limits.txt": limit})
    assert packages(found) == ["bar==1.0", "below==1.0", "foo==1.0"]
    [bar] = found.graph.versions_of("bar")
    assert bar.source.kind == "url"


@pytest.mark.parametrize(
    "url", ["git+https://host.invalid/a/bar.git@main", "https://host.invalid/bar-7.0-py3-none-any.whl"]
)
def test_a_reference_that_is_not_read_is_in_the_graph_with_a_gap(tmp_path: Path, index: Index, url: str) -> None:
    index.add("foo", wheel("foo", requires=["bar>=1"]))
    index.add("bar", wheel("bar", "1.1"))
    for files in (
        {"requirements.txt": "-c limits.txt\nfoo\n", "limits.txt": f"bar @ {url}\n"},
        {"requirements.txt": f"foo\nbar @ {url}\n"},
    ):
        found = resolved(tmp_path, files)
        [bar] = found.graph.versions_of("bar")
        assert bar.source.kind in ("vcs", "url")
        assert "its dependencies are not known" in gaps(found)[str(bar)]
    assert not isinstance(found.releases[bar], NotKnown)


def test_a_direct_reference_inside_metadata_is_followed(tmp_path: Path, index: Index) -> None:
    index.add("elsewhere", wheel("elsewhere", "3.0", requires=["below"]))
    index.add("below", wheel("below"))
    index.add("foo", wheel("foo", requires=[f"elsewhere @ {index.url}/files/elsewhere/elsewhere-3.0-py3-none-any.whl"]))
    found = resolved(tmp_path, {"requirements.txt": "foo>=1\n"})
    assert packages(found) == ["below==1.0", "elsewhere==3.0", "foo==1.0"]
    assert found.graph.versions_of("elsewhere")[0].source.kind == "url"


def test_a_missing_private_dependency_is_named_and_costs_the_others_nothing(tmp_path: Path, index: Index) -> None:
    index.add("foo", wheel("foo", requires=["private>=1", "bar"]))
    index.add("bar", wheel("bar"))
    found = resolved(tmp_path, {"requirements.txt": "foo\nbar>=0.5\n"})
    assert packages(found) == ["bar==1.0", "foo==1.0"]
    [said] = gaps(found).values()
    assert "private>=1 (needed by foo==1.0)" in said
    assert "the index does not have it" in said
    assert "contradict" not in said


def test_an_older_release_without_the_missing_one_is_taken_first(tmp_path: Path, index: Index) -> None:
    index.add("foo", wheel("foo", "1.0"), wheel("foo", "2.0", requires=["private"]))
    found = resolved(tmp_path, {"requirements.txt": "foo\n"})
    assert (packages(found), gaps(found)) == (["foo==1.0"], {})


@pytest.mark.parametrize(
    ("options", "chosen"),
    [
        ("", "nbx-1.0-py3-none-any.whl"),
        ("--no-binary :all:", "nbx-1.0.tar.gz"),
        ("--no-binary nbx", "nbx-1.0.tar.gz"),
        ("--no-binary=other,Nbx", "nbx-1.0.tar.gz"),
        ("--no-binary :all:\n--only-binary nbx", "nbx-1.0-py3-none-any.whl"),
        ("--no-binary nbx\n--no-binary :none:", "nbx-1.0-py3-none-any.whl"),
    ],
)
@pytest.mark.parametrize("line", ["nbx==1.0", "nbx"])
def test_the_file_that_the_options_choose_is_the_one_that_is_judged(
    tmp_path: Path, index: Index, options: str, chosen: str, line: str
) -> None:
    index.add("nbx", wheel("nbx"), sdist("nbx"))
    found = resolved(tmp_path, {"requirements.txt": f"{options}\n{line}\n"})
    [release] = found.releases.values()
    assert getattr(release.chosen, "filename", None) == chosen


def test_only_binary_passes_over_a_release_without_wheel_and_prefer_binary_too(tmp_path: Path, index: Index) -> None:
    index.add("x", wheel("x", "1.0"), sdist("x", "2.0"))
    for option, expected in (("", "x==2.0"), ("--only-binary :all:", "x==1.0"), ("--prefer-binary", "x==1.0")):
        assert packages(resolved(tmp_path, {"requirements.txt": f"{option}\nx\n"})) == [expected]


def test_pre_in_a_file_lets_pre_releases_be_chosen(tmp_path: Path, index: Index) -> None:
    index.add("x", wheel("x", "1.0"), wheel("x", "2.0rc1"))
    for option, expected in (("", "x==1.0"), ("--pre", "x==2.0rc1")):
        assert packages(resolved(tmp_path, {"requirements.txt": f"{option}\nx\n"})) == [expected]


def test_files_that_choose_differently_for_one_package_are_said(tmp_path: Path, index: Index) -> None:
    index.add("nbx", wheel("nbx"), sdist("nbx"))
    files = {"requirements.txt": "nbx==1.0\n", "requirements-dev.txt": "--no-binary nbx\nnbx==1.0\n"}
    assert "other files of it" in gaps(resolved(tmp_path, files))["nbx==1.0"]


def test_a_page_that_lists_a_file_twice_is_read(tmp_path: Path, index: Index) -> None:
    index.add("x", wheel("x"), wheel("x"))
    assert packages(resolved(tmp_path, {"requirements.txt": "x\n"})) == ["x==1.0"]


def test_paths_through_a_reference(tmp_path: Path, index: Index) -> None:
    index.add("bar", wheel("bar", "1.0", requires=["below"]))
    index.add("below", wheel("below"))
    url = f"{index.url}/files/bar/bar-1.0-py3-none-any.whl"
    found = resolved(tmp_path, {"requirements.txt": f"bar @ {url}\nbelow>=1\n"})
    assert "requirements.txt > bar > below" not in paths(found, "bar")
    assert packages(found) == ["bar==1.0", "below==1.0"]


def test_what_pins_without_hashes_leave_out_joins_the_graph(tmp_path: Path, index: Index) -> None:
    index.add("foo", wheel("foo", requires=["left-out>=1", "bar"]))
    index.add("bar", wheel("bar", requires=['more ; extra == "x"'], provides_extra="x"), wheel("bar", "2.0"))
    index.add("left-out", wheel("left-out", "1.5", requires=["bar[x]", "deeper"]))
    index.add("deeper", wheel("deeper"))
    index.add("more", wheel("more"))
    found = resolved(tmp_path, {"requirements.txt": "foo==1.0\nbar==1.0\n"})
    assert packages(found) == ["bar==1.0", "deeper==1.0", "foo==1.0", "left-out==1.5"]
    assert paths(found, "left-out") == ["requirements.txt > foo > left-out"]


def test_an_extra_that_one_pin_asks_of_another_brings_what_that_needs(tmp_path: Path, index: Index) -> None:
    index.add("foo", wheel("foo", requires=["bar[x]"]))
    index.add("bar", wheel("bar", requires=['more ; extra == "x"', 'never ; extra == "y"']))
    index.add("more", wheel("more"))
    found = resolved(tmp_path, {"requirements.txt": "foo==1.0\nbar==1.0\n"})
    assert packages(found) == ["bar==1.0", "foo==1.0", "more==1.0"]


def test_hashes_close_a_file_and_one_line_without_opens_it(tmp_path: Path, index: Index) -> None:
    foo, bar = wheel("foo", requires=["left-out"]), wheel("bar")
    index.add("foo", foo)
    index.add("bar", bar)
    index.add("left-out", wheel("left-out"))
    lines = [f"{name}==1.0 --hash=sha256:{sha256(body)}" for name, (_, body) in (("foo", foo), ("bar", bar))]
    closed = resolved(tmp_path, {"requirements.txt": "\n".join(lines)})
    assert packages(closed) == ["bar==1.0", "foo==1.0"]
    (gap,) = [one for one in closed.coverage if one.subject == "foo==1.0"]
    assert gap.reason.startswith("it needs left-out, which requirements.txt leaves out")
    limited = {"requirements.txt": "\n".join([*lines, "-c limits.txt"]), "limits.txt": "left-out==1.0\n"}
    assert "foo==1.0" in {one.subject for one in resolved(tmp_path, limited).coverage if one.status == "not-checked"}
    opened = resolved(tmp_path, {"requirements.txt": f"{lines[0]}\nbar==1.0\n"})
    assert packages(opened) == ["bar==1.0", "foo==1.0", "left-out==1.0"]
    lenient = resolved(tmp_path, {"requirements.txt": "\n".join(["--no-require-hashes", *lines])})
    assert packages(lenient) == ["bar==1.0", "foo==1.0", "left-out==1.0"]


def test_what_a_pin_needs_and_nobody_can_say_is_a_gap(tmp_path: Path, index: Index) -> None:
    index.add("dyn", sdist("dyn", pkg_info=b"Metadata-Version: 1.2\nName: dyn\nVersion: 1.0\n"))
    index.add("foo", wheel("foo", requires=["private>=1"]))
    found = resolved(tmp_path, {"requirements.txt": "dyn==1.0\nfoo==1.0\n"})
    said = " ".join(gaps(found).values())
    assert "its dependencies are not known" in gaps(found)["dyn==1.0"]
    assert "private>=1" in said


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("loc==1.0", "loc==1.0+cu118"),
        ("locx==1.0", "locx==1.0+cu118"),
        ("loc===1.0", "loc==1.0"),
        ("loc==1.0+cpu", "loc==1.0+cpu"),
        ("loc==1.0,<2", "loc==1.0+cu118"),
    ],
)
def test_a_pin_is_met_by_local_versions_the_highest_first(
    tmp_path: Path, index: Index, line: str, expected: str
) -> None:
    index.add("loc", wheel("loc", "1.0"), wheel("loc", "1.0+cpu"), wheel("loc", "1.0+cu118"))
    index.add("locx", wheel("locx", "1.0+cu118"), wheel("locx", "0.9"))
    found = resolved(tmp_path, {"requirements.txt": f"{line}\n"})
    assert (packages(found), gaps(found)) == ([expected], {})


def test_a_hash_says_which_local_version_is_meant(tmp_path: Path, index: Index) -> None:
    plain, built = wheel("loc", "1.0"), wheel("loc", "1.0+cu118")
    index.add("loc", plain, built)
    for (_, body), expected in ((plain, "loc==1.0"), (built, "loc==1.0+cu118")):
        found = resolved(tmp_path, {"requirements.txt": f"loc==1.0 --hash=sha256:{sha256(body)}\n"})
        assert packages(found) == [expected]


@pytest.mark.parametrize(
    "files",
    [
        {"setup.py": "from setuptools import setup\nsetup(name='sly', install_requires=['hidden'])\n"},
        {"setup.py": "from setuptools import setup\nsetup(name='sly', **read())\n"},
        {"setup.cfg": "[metadata]\nname = sly\n[options]\ninstall_requires =\n  hidden\n"},
    ],
    ids=["setup.py", "setup.py, computed", "setup.cfg"],
)
def test_a_pkg_info_that_states_less_than_the_build_is_a_gap(
    tmp_path: Path, index: Index, files: dict[str, str]
) -> None:
    """PKG-INFO says that the sdist needs nothing (PEP 643), and pip builds it and takes what the build says."""
    index.add("sly", sdist("sly", files=files))
    index.add("hidden", wheel("hidden"))
    found = resolved(tmp_path, {"requirements.txt": "sly==1.0\n"})
    assert [one.subject for one in found.coverage if one.status == "not-checked" and one.check == "resolution"] == [
        "sly==1.0"
    ]


def test_a_pkg_info_that_states_what_setup_cfg_does_is_believed(tmp_path: Path, index: Index) -> None:
    files = {"setup.cfg": "[metadata]\nname = plain\n[options]\ninstall_requires =\n  bar\n"}
    index.add("plain", sdist("plain", files=files, requires=["bar"]))
    index.add("bar", wheel("bar"))
    found = resolved(tmp_path, {"requirements.txt": "plain\n"})
    assert packages(found) == ["bar==1.0", "plain==1.0"]
    assert all(one.status != "not-checked" for one in found.coverage)
