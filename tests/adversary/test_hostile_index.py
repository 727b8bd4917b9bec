# ruff: noqa: E501 (pages have long lines)
"""An index that lies: no lie of it turns a package that holds the stealer, or a hidden dependency, green.

Each way is a function that fills the index and gives the files of the project.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.adversary.project import GREEN, STEALER, TOLD, Body, package, put, run, why
from tests.support.builders import metadata, sdist, sha256, tar_of, wheel, zip_of
from tests.support.index_server import JSON, File, Index

Files = dict[str, Body]
CLEAN: Files = {"first/__init__.py": "VALUE = 1\n"}
BAD: Files = {"first/__init__.py": STEALER}


def built(files: Files, name: str = "first", version: str = "1.0", **more: object) -> tuple[str, bytes]:
    return wheel(name, version, files=files, **TOLD, **more)  # type: ignore[arg-type]


def pinned(*bodies: bytes, name: str = "first", version: str = "1.0") -> Files:
    hashes = "".join(f" --hash=sha256:{sha256(one)}" for one in bodies)
    return {"requirements.txt": f"{name}=={version}{hashes}\n"}


def page(index: Index, name: str, files: list[dict[str, object]], **more: object) -> None:
    body = {"meta": {"api-version": "1.1"}, "name": name, "files": files, **more}
    index.pages[f"/simple/{name}/"] = (JSON, json.dumps(body).encode())


def entry(index: Index, filename: str, body: bytes, **more: object) -> dict[str, object]:
    path = f"/odd/{hashlib.sha256(body).hexdigest()[:8]}/{filename}"
    index.pages[path] = ("application/octet-stream", body)
    return {
        "filename": filename,
        "url": f"{index.url}{path}",
        "hashes": {"sha256": sha256(body)},
        "upload-time": "2026-01-05T10:00:00Z",
        **more,
    }


def same_name_twice(index: Index) -> Files:
    (name, good), (_, bad) = built(CLEAN), built(BAD)
    page(index, "first", [entry(index, name, good), entry(index, name, bad)])
    return pinned(good, bad)


def same_name_twice_bad_first(index: Index) -> Files:
    (name, good), (_, bad) = built(CLEAN), built(BAD)
    page(index, "first", [entry(index, name, bad), entry(index, name, good)])
    return pinned(good, bad)


def better_wheel(index: Index) -> Files:
    good, bad = built(CLEAN), built(BAD, tag="cp311-abi3-manylinux_2_17_x86_64")
    index.add("first", good, bad)
    return pinned(good[1], bad[1])


def better_build(index: Index) -> Files:
    good, bad = built(CLEAN), built(BAD)
    index.add("first", good, (bad[0].replace("-1.0-", "-1.0-7-"), bad[1]))
    return pinned(good[1], bad[1])


def wheel_in_other_letters(index: Index) -> Files:
    name, bad = built(BAD)
    index.add("first", (name.replace("first", "First"), bad))
    return pinned(bad)


def wheel_under_another_name(index: Index) -> Files:
    _, bad = built({"other/__init__.py": STEALER}, "other")
    index.add("first", ("first-1.0-py3-none-any.whl", bad))
    return pinned(bad)


def version_in_another_spelling(index: Index) -> Files:
    bad = built(BAD, version="1.0.0")
    index.add("first", bad)
    return pinned(bad[1])


def local_version(index: Index) -> Files:
    good, bad = built(CLEAN), built(BAD, version="1.0+evil")
    index.add("first", good, bad)
    return {"requirements.txt": "first==1.0\n"}


def post_release(index: Index) -> Files:
    good, bad = built(CLEAN), built(BAD, version="1.0.post1")
    index.add("first", good, bad)
    return {"requirements.txt": "first==1.0.*\n"}


def epoch(index: Index) -> Files:
    good, bad = built(CLEAN), built(BAD, version="1!0.1")
    index.add("first", good, bad)
    return {"requirements.txt": "first\n"}


def yanked(index: Index) -> Files:
    name, bad = built(BAD)
    index.add("first", File(name, bad, yanked="broken"))
    return pinned(bad)


def python_of_the_future(index: Index) -> Files:
    good, (name, bad) = built(CLEAN), built(BAD, version="2.0")
    index.add("first", good, File(name, bad, requires_python=">=3.11,<4 "))
    return {"requirements.txt": "first\n"}


def python_that_is_no_specifier(index: Index) -> Files:
    good, (name, bad) = built(CLEAN), built(BAD, version="2.0")
    index.add("first", good, File(name, bad, requires_python="any"))
    return {"requirements.txt": "first\n"}


def extension_in_capitals(index: Index) -> Files:
    name, bad = built(BAD)
    page(index, "first", [entry(index, name.replace(".whl", ".WHL"), bad)])
    return pinned(bad)


def sdist_beside(index: Index) -> Files:
    good, bad = built(CLEAN), sdist("first", files={"setup.py": STEALER})
    index.add("first", good, bad)
    return {"requirements.txt": f"--no-binary first\nfirst==1.0 --hash=sha256:{sha256(bad[1])}\n"}


def no_binary_in_a_dockerfile(index: Index) -> Files:
    good, bad = built(CLEAN), sdist("first", files={"setup.py": STEALER})
    index.add("first", good, bad)
    return {
        **pinned(good[1], bad[1]),
        "Dockerfile": "FROM python\nENV PIP_NO_BINARY=:all:\nRUN pip install -r requirements.txt\n",
    }


def no_binary_of_a_command(index: Index) -> Files:
    good, bad = built(CLEAN), sdist("first", files={"setup.py": STEALER})
    index.add("first", good, bad)
    return {**pinned(good[1], bad[1]), "setup.sh": "#!/bin/sh\npip install --no-binary :all: -r requirements.txt\n"}


def no_binary_of_a_configuration(index: Index) -> Files:
    good, bad = built(CLEAN), sdist("first", files={"setup.py": STEALER})
    index.add("first", good, bad)
    return {
        **pinned(good[1], bad[1]),
        "pip.conf": "[install]\nno-binary = :all:\n",
        "Dockerfile": "FROM python\nCOPY pip.conf /etc/pip.conf\nRUN pip install -r requirements.txt\n",
    }


def no_build_of_uv(index: Index) -> Files:
    good, bad = built(CLEAN), sdist("first", files={"setup.py": STEALER})
    index.add("first", good, bad)
    return {
        "pyproject.toml": '[project]\nname = "app"\nversion = "1"\ndependencies = ["first==1.0"]\n[tool.uv]\nno-binary-package = ["first"]\n'
    }


def build_requirement(index: Index) -> Files:
    package(index, "hidden", {"hidden/__init__.py": STEALER})
    made = sdist(
        "first",
        files={"pyproject.toml": '[build-system]\nrequires = ["hidden==1.0"]\nbuild-backend = "hidden"\n', **CLEAN},
    )
    index.add("first", made)
    return pinned(made[1])


def setup_requirement(index: Index) -> Files:
    package(index, "hidden", {"hidden/__init__.py": STEALER})
    made = sdist(
        "first",
        files={
            "setup.py": "from setuptools import setup\nsetup(name='first', version='1.0', setup_requires=['hidden==1.0'])\n",
            **CLEAN,
        },
    )
    index.add("first", made)
    return pinned(made[1])


def build_requirement_of_a_build_requirement(index: Index) -> Files:
    package(index, "hidden", {"hidden/__init__.py": STEALER})
    package(index, "backend", {"backend/__init__.py": "VALUE = 1\n"}, requires=["hidden"])
    made = sdist(
        "first",
        files={"pyproject.toml": '[build-system]\nrequires = ["backend==1.0"]\nbuild-backend = "backend"\n', **CLEAN},
    )
    index.add("first", made)
    return pinned(made[1])


def sdist_whose_pkg_info_lies(index: Index) -> Files:
    package(index, "hidden", {"hidden/__init__.py": STEALER})
    made = sdist(
        "first",
        files={
            "pyproject.toml": '[build-system]\nrequires = []\nbuild-backend = "setuptools.build_meta"\n[project]\nname = "first"\nversion = "1.0"\ndependencies = ["hidden"]\n',
            **CLEAN,
        },
        pkg_info=b"Metadata-Version: 2.2\nName: first\nVersion: 1.0\n",
    )
    index.add("first", made)
    return {"requirements.txt": "first==1.0\n"}


def sdist_of_two_folders(index: Index) -> Files:
    body = tar_of(
        {
            "first-1.0/PKG-INFO": b"Metadata-Version: 2.2\nName: first\nVersion: 1.0\n",
            "first-1.0/first/__init__.py": b"",
            "zzz/setup.py": STEALER.encode(),
            "setup.py": STEALER.encode(),
        },
        "w:gz",
    )
    index.add("first", ("first-1.0.tar.gz", body))
    return pinned(body)


def sdist_that_is_a_zip(index: Index) -> Files:
    body = zip_of(
        {
            "first-1.0/PKG-INFO": b"Metadata-Version: 2.2\nName: first\nVersion: 1.0\n",
            "first-1.0/setup.py": STEALER.encode(),
        }
    )
    index.add("first", ("first-1.0.zip", body))
    return pinned(body)


def sdist_that_is_a_zip_under_tar(index: Index) -> Files:
    body = zip_of(
        {
            "first-1.0/PKG-INFO": b"Metadata-Version: 2.2\nName: first\nVersion: 1.0\n",
            "first-1.0/setup.py": STEALER.encode(),
        }
    )
    index.add("first", ("first-1.0.tar.gz", body))
    return pinned(body)


def tar_in_two_streams(index: Index) -> Files:
    one = tar_of({"first-1.0/PKG-INFO": b"Metadata-Version: 2.2\nName: first\nVersion: 1.0\n"}, "w:gz")
    two = tar_of({"first-1.0/setup.py": STEALER.encode()}, "w:gz")
    index.add("first", ("first-1.0.tar.gz", one + two))
    return pinned(one + two)


def tar_after_its_end(index: Index) -> Files:
    import gzip

    one = tar_of({"first-1.0/PKG-INFO": b"Metadata-Version: 2.2\nName: first\nVersion: 1.0\n"}, "w")
    two = tar_of({"first-1.0/setup.py": STEALER.encode()}, "w")
    body = gzip.compress(one + two)
    index.add("first", ("first-1.0.tar.gz", body))
    return pinned(body)


def zip_before_a_zip(index: Index) -> Files:
    (name, good), (_, bad) = built(CLEAN), built(BAD)
    index.add("first", (name, good + bad))
    return pinned(good + bad)


def member_twice(index: Index) -> Files:
    name, good = built(CLEAN)
    buffer = io.BytesIO(good)
    with pytest.warns(UserWarning), zipfile.ZipFile(buffer, "a") as made:
        made.writestr("first/__init__.py", STEALER)
    index.add("first", (name, buffer.getvalue()))
    return pinned(buffer.getvalue())


def member_in_other_letters(index: Index) -> Files:
    made = built({**CLEAN, "FIRST/__INIT__.py": STEALER})
    index.add("first", made)
    return pinned(made[1])


def member_by_a_backslash(index: Index) -> Files:
    made = built({**CLEAN, "first\\evil.py": STEALER})
    index.add("first", made)
    return pinned(made[1])


def member_out_of_the_folder(index: Index) -> Files:
    made = built({**CLEAN, "../evil.pth": "import os; " + "exec(" + repr(STEALER) + ")"})
    index.add("first", made)
    return pinned(made[1])


def two_infos(index: Index) -> Files:
    package(index, "hidden", {"hidden/__init__.py": STEALER})
    made = built(
        {
            **CLEAN,
            "zzz-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: first\nVersion: 1.0\nRequires-Dist: hidden\n",
            "zzz-1.0.dist-info/WHEEL": "Wheel-Version: 1.0\n",
        }
    )
    index.add("first", made)
    return {"requirements.txt": "first==1.0\n"}


def info_in_other_letters(index: Index) -> Files:
    package(index, "hidden", {"hidden/__init__.py": STEALER})
    made = zip_of(
        {
            "first/__init__.py": b"",
            "First-1.0.dist-info/METADATA": metadata("first", "1.0", ["hidden"], **TOLD),
            "First-1.0.dist-info/WHEEL": b"Wheel-Version: 1.0\nTag: py3-none-any\n",
            "First-1.0.dist-info/RECORD": b"",
        }
    )
    index.add("first", ("first-1.0-py3-none-any.whl", made))
    return {"requirements.txt": "first==1.0\n"}


def told(text: str) -> Callable[[Index], Files]:
    """A wheel whose METADATA is that text: every form of a header line that the parsers of installers read."""

    def way(index: Index) -> Files:
        package(index, "hidden", {"hidden/__init__.py": STEALER})
        made = zip_of(
            {
                "first/__init__.py": b"",
                "first-1.0.dist-info/METADATA": text.encode(),
                "first-1.0.dist-info/WHEEL": b"Wheel-Version: 1.0\nTag: py3-none-any\n",
                "first-1.0.dist-info/RECORD": b"",
            }
        )
        index.add("first", ("first-1.0-py3-none-any.whl", made))
        return {"requirements.txt": "first==1.0\n"}

    return way


HEAD = "Metadata-Version: 2.1\nName: first\nVersion: 1.0\nLicense-Expression: MIT\n"


def extra_of(asked: str, provided: str, marker: str) -> Callable[[Index], Files]:
    def way(index: Index) -> Files:
        package(index, "hidden", {"hidden/__init__.py": STEALER})
        text = f"{HEAD}Provides-Extra: {provided}\nRequires-Dist: hidden ; extra == '{marker}'\n"
        told(text)(index)
        return {"requirements.txt": f"first[{asked}]==1.0\n"}

    return way


def redirected_page(index: Index) -> Files:
    package(index, "first", BAD)
    index.redirects["/simple/first/"] = "/simple/second/"
    package(index, "second", CLEAN)
    page(index, "second", [entry(index, *built(BAD))])
    return {"requirements.txt": "first==1.0\n"}


def redirected_file(index: Index) -> Files:
    name, bad = built(BAD)
    page(index, "first", [{**entry(index, name, bad), "url": f"{index.url}/x/{name}"}])
    index.redirects[f"/x/{name}"] = str(entry(index, name, bad)["url"]).removeprefix(index.url)
    return {"requirements.txt": "first==1.0\n"}


def html_with_a_base(index: Index) -> Files:
    name, bad = built(BAD)
    path = str(entry(index, name, bad)["url"]).removeprefix(index.url).rpartition("/")[0]
    index.pages["/simple/first/"] = (
        "text/html",
        f"<html><head><base href='{path}/'></head><body><a href='{name}'>{name}</a></body></html>".encode(),
    )
    return {"requirements.txt": "first==1.0\n"}


def html_in_a_comment(index: Index) -> Files:
    (name, good), (later, bad) = built(CLEAN), built(BAD, version="2.0")
    a, b = entry(index, name, good)["url"], entry(index, later, bad)["url"]
    index.pages["/simple/first/"] = (
        "text/html",
        f"<a href='{a}'>{name}</a><!-- x --!><a href='{b}'>{later}</a>".encode(),
    )
    return {"requirements.txt": "first\n"}


def html_whose_text_is_another(index: Index) -> Files:
    (name, _), (later, bad) = built(CLEAN), built(BAD, version="2.0")
    url = entry(index, later, bad)["url"]
    index.pages["/simple/first/"] = ("text/html", f"<a href='{url}'>{name}</a>".encode())
    return {"requirements.txt": "first\n"}


def page_of_another_project(index: Index) -> Files:
    bad = built({"other/__init__.py": STEALER}, "other")
    page(index, "first", [entry(index, *bad)])
    return {"requirements.txt": "first==1.0\n"}


def page_whose_versions_hide_one(index: Index) -> Files:
    good, bad = built(CLEAN), built(BAD, version="2.0")
    page(index, "first", [entry(index, *good), entry(index, *bad)], versions=["1.0"])
    return {"requirements.txt": "first\n"}


def quarantined(index: Index) -> Files:
    index.status["first"] = "quarantined"
    return {"requirements.txt": package(index, "first", BAD)}


def metadata_that_hides(index: Index) -> Files:
    package(index, "hidden", {"hidden/__init__.py": STEALER})
    name, body = built(CLEAN, requires=["hidden"])
    index.add("first", File(name, body, metadata=metadata("first", "1.0", [], **TOLD)))
    return {"requirements.txt": "first==1.0\n"}


def size_that_lies(index: Index) -> Files:
    name, bad = built(BAD)
    index.add("first", File(name, bad, claimed_size=10))
    return pinned(bad)


def digest_that_lies(index: Index) -> Files:
    (name, bad), (_, good) = built(BAD), built(CLEAN)
    index.add("first", File(name, bad, claimed_sha256=sha256(good)))
    return pinned(good)


def many_releases(index: Index) -> Files:
    bad = built(BAD, version="9.0")
    page(
        index,
        "first",
        [{"filename": f"first-0.{n}-py3-none-any.whl", "url": f"{index.url}/none", "hashes": {}} for n in range(30_000)]
        + [entry(index, *bad)],
    )
    return {"requirements.txt": "first\n"}


def broken_newest(index: Index) -> Files:
    """The newest release cannot be read; the one before it, which pip would then not take, is clean."""
    good = built(CLEAN)
    index.add("first", good, ("first-2.0-py3-none-any.whl", b"PK\x03\x04 no zip"))
    return {"requirements.txt": "first\n"}


def missing_newest(index: Index) -> Files:
    good, bad = built(CLEAN), built(BAD, version="2.0")
    index.add("first", good, bad)
    index.faults[f"/files/first/{bad[0]}"] = __import__("tests.support.index_server", fromlist=["Fault"]).Fault(
        status=404
    )
    return {"requirements.txt": "first\n"}


def failing_dependency(index: Index) -> Files:
    package(index, "first", CLEAN, requires=["hidden"])
    package(index, "hidden", {"hidden/__init__.py": STEALER})
    index.faults["/simple/hidden/"] = __import__("tests.support.index_server", fromlist=["Fault"]).Fault(status=503)
    return {"requirements.txt": "first==1.0\n"}


def dependency_that_is_not_there(index: Index) -> Files:
    package(index, "first", CLEAN, requires=["hidden"])
    return {"requirements.txt": "first==1.0\n"}


def circle(index: Index) -> Files:
    package(index, "first", CLEAN, requires=["second"])
    package(index, "second", {"second/__init__.py": "x = 1\n"}, requires=["first", "hidden"])
    package(index, "hidden", {"hidden/__init__.py": STEALER})
    return {"requirements.txt": "first==1.0\n"}


def extra_of_itself(index: Index) -> Files:
    package(index, "hidden", {"hidden/__init__.py": STEALER})
    told(
        f"{HEAD}Provides-Extra: a\nProvides-Extra: b\nRequires-Dist: first[b] ; extra == 'a'\nRequires-Dist: hidden ; extra == 'b'\n"
    )(index)
    return {"requirements.txt": "first[a]==1.0\n"}


WAYS: dict[str, Callable[[Index], Files]] = {
    one.__name__: one
    for one in (
        same_name_twice, same_name_twice_bad_first, better_wheel, better_build, wheel_in_other_letters, wheel_under_another_name,
        version_in_another_spelling, local_version, post_release, epoch, yanked, python_of_the_future, python_that_is_no_specifier, extension_in_capitals,
        sdist_beside, no_binary_in_a_dockerfile, no_binary_of_a_command, no_binary_of_a_configuration, no_build_of_uv, build_requirement,
        setup_requirement, build_requirement_of_a_build_requirement, sdist_whose_pkg_info_lies, sdist_of_two_folders, sdist_that_is_a_zip, sdist_that_is_a_zip_under_tar,
        tar_in_two_streams, tar_after_its_end, zip_before_a_zip, member_twice, member_in_other_letters, member_by_a_backslash, member_out_of_the_folder, two_infos,
        info_in_other_letters, redirected_page, redirected_file, html_with_a_base, html_in_a_comment, html_whose_text_is_another, page_of_another_project,
        page_whose_versions_hide_one, quarantined, metadata_that_hides, size_that_lies, digest_that_lies, many_releases, broken_newest, missing_newest,
        failing_dependency, dependency_that_is_not_there, circle, extra_of_itself,
    )
}  # fmt: skip
WAYS |= {
    "a header in small letters": told(HEAD + "requires-dist: hidden\n"),
    "a header with a blank before its colon": told(HEAD + "Requires-Dist : hidden\n"),
    "a header after an empty line": told("\n" + HEAD + "Requires-Dist: hidden\n"),
    "a header after a byte-order mark": told("\ufeff" + HEAD + "Requires-Dist: hidden\n"),
    "a header after a carriage return": told(HEAD.replace("MIT\n", "MIT\rRequires-Dist: hidden\n")),
    "a header after a form feed": told(HEAD.replace("MIT\n", "MIT\x0cRequires-Dist: hidden\n")),
    "a header after a next line": told(HEAD.replace("MIT\n", "MIT\x85Requires-Dist: hidden\n")),
    "a header after a line separator": told(HEAD.replace("MIT\n", "MIT\u2028Requires-Dist: hidden\n")),
    "a header behind a line that is none": told(HEAD + "no header at all\nRequires-Dist: hidden\n"),
    "a header that begins with a blank": told(HEAD + " Requires-Dist: hidden\n"),
    "a header of an old name": told(HEAD + "Requires: hidden\n"),
    "a header of twenty MiB before it": told(HEAD + "Keywords: " + "x" * 20_000_000 + "\nRequires-Dist: hidden\n"),
    "a header in quoted-printable": told(HEAD + "Requires-Dist: =?utf-8?q?hidden?=\n"),
    "a name in other letters": told(HEAD + "Requires-Dist: HID_DEN\n".replace("HID_DEN", "HIDDEN")),
    "a name behind a zero-width blank": told(HEAD + "Requires-Dist: \u200bhidden\n"),
    "a marker that compares versions as text": told(HEAD + "Requires-Dist: hidden ; platform_version != ''\n"),
    "a marker in parentheses": told(HEAD + "Requires-Dist: hidden ; ((python_version > '3'))\n"),
    "a marker that is turned round": told(HEAD + "Requires-Dist: hidden ; '3' < python_version\n"),
    "a marker on the full version": told(HEAD + "Requires-Dist: hidden ; python_full_version > '3.0.0a1'\n"),
    "a marker of sys.platform": told(HEAD + "Requires-Dist: hidden ; sys.platform != 'x'\n"),
    "a marker on an unknown variable": told(HEAD + "Requires-Dist: hidden ; unknown_variable != 'x'\n"),
    "an extra in other letters": extra_of("A_B", "a-b", "a-b"),
    "an extra whose marker is in other letters": extra_of("a-b", "a-b", "A_B"),
    "an extra that nothing provides": extra_of("x", "y", "x"),
    "an extra with a dot": extra_of("a.b", "a.b", "a.b"),
}
"""Beside the functions: METADATA that says its needs in an odd way."""


@pytest.mark.parametrize("way", WAYS)
def test_a_lie_of_an_index(way: str, tmp_path: Path, index: Index, capfd: pytest.CaptureFixture[str]) -> None:
    root = tmp_path / "vendor"
    for version in ("80.8.0", "80.9.0"):
        package(index, "setuptools", {"setuptools/__init__.py": "VALUE = 1\n"}, version=version)
    put(root, {"app.py": "print(1)\n", **WAYS[way](index)})
    code, report = run(root, capfd)
    assert code != GREEN, why(report)
