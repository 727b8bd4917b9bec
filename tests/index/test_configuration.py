"""Which indexes are asked: pip's variables and files and uv's, in their order; never what an audited folder holds."""

from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path

import pytest

from scanner.cli import main
from scanner.index.config import DEFAULT_INDEX, from_environment
from scanner.index.pip_settings import pip_settings
from scanner.model.errors import UsageError
from tests.support.builders import wheel
from tests.support.index_server import Index

ONE, TWO, THREE = "https://one.invalid/simple", "https://two.invalid/simple", "https://three.invalid/simple"


class Machine:
    """A machine with configuration files, as the environment that names them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.env = {
            "HOME": str(folder / "home"),
            "XDG_CONFIG_DIRS": str(folder / "etc"),
            "XDG_CONFIG_HOME": str(folder / "home" / ".config"),
        }

    def write(self, name: str, text: str) -> str:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return str(path)

    def urls(self, **variables: str) -> tuple[str, ...]:
        return from_environment({**self.env, **variables}).urls


MACHINE = "etc/pip/pip.conf"
LEGACY = "home/.pip/pip.conf"
USER = "home/.config/pip/pip.conf"


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    monkeypatch.setattr(sys, "prefix", str(tmp_path / "environment"))
    return Machine(tmp_path)


def test_without_any_configuration_pypi_is_asked(machine: Machine) -> None:
    assert machine.urls() == (DEFAULT_INDEX,)


@pytest.mark.parametrize("place", [MACHINE, LEGACY, USER, "environment/pip.conf"])
@pytest.mark.parametrize("key", ["index-url", "index_url", "INDEX-URL", "--index-url"])
def test_each_of_pip_s_files_is_read(machine: Machine, place: str, key: str) -> None:
    machine.write(place, f"[global]\n{key} = {ONE}/\n")
    assert machine.urls() == (ONE,)


@pytest.mark.parametrize(
    ("lower", "upper"), [(MACHINE, LEGACY), (LEGACY, USER), (USER, "environment/pip.conf"), (MACHINE, USER)]
)
def test_the_nearer_file_stands_above(machine: Machine, lower: str, upper: str) -> None:
    machine.write(lower, f"[global]\nindex-url = {ONE}\nextra-index-url = {THREE}\n")
    machine.write(upper, f"[global]\nindex-url = {TWO}\n")
    assert machine.urls() == (TWO, THREE)
    # A section for the command stands above the general one, whichever file it is in.
    machine.write(lower, f"[install]\nindex-url = {ONE}\n")
    assert machine.urls() == (ONE,)


def test_sections_of_other_commands_have_no_say(machine: Machine) -> None:
    machine.write(USER, f"[download]\nindex-url = {ONE}\n[wheel]\nextra-index-url = {TWO}\n[freeze]\ntimeout = 10\n")
    assert machine.urls() == (DEFAULT_INDEX,)


def test_variables_stand_above_files_and_an_empty_one_is_none(machine: Machine) -> None:
    machine.write(USER, f"[install]\nindex-url = {ONE}\nextra-index-url =\n    {TWO}\n    {THREE}\n")
    assert machine.urls() == (ONE, TWO, THREE)
    assert machine.urls(PIP_INDEX_URL=THREE) == (THREE, TWO)
    assert machine.urls(PIP_INDEX_URL="", PIP_EXTRA_INDEX_URL=TWO) == (ONE, TWO)


def test_the_null_device_leaves_out_every_file(machine: Machine) -> None:
    machine.write(USER, f"[global]\nindex-url = {ONE}\n")
    machine.write("environment/pip.conf", f"[global]\nindex-url = {TWO}\n")
    assert machine.urls(PIP_CONFIG_FILE=os.devnull) == (DEFAULT_INDEX,)


def test_a_file_that_is_named_stands_in_the_place_of_the_user_s(machine: Machine) -> None:
    machine.write(MACHINE, f"[global]\nextra-index-url = {THREE}\n")
    machine.write(USER, f"[global]\nindex-url = {ONE}\nproxy = http://proxy.invalid\n")
    named = machine.write("named.conf", f"[global]\nindex-url = {TWO}\n")
    assert machine.urls(PIP_CONFIG_FILE=named) == (TWO, THREE)
    assert pip_settings({**machine.env, "PIP_CONFIG_FILE": named}).get("proxy") is None
    assert machine.urls(PIP_CONFIG_FILE=str(machine.folder / "missing.conf")) == (ONE, THREE)


@pytest.mark.parametrize("seed", range(6))
def test_it_is_what_pip_itself_reads(tmp_path: Path, seed: int) -> None:
    """pip's own reader, over files in several places with keys by lot."""
    import json
    import random
    import subprocess

    machine = Machine(tmp_path)
    lot = random.Random(seed)
    for place in lot.sample([MACHINE, LEGACY, USER, "named.conf"], lot.randint(2, 4)):
        text = ""
        for section in lot.sample(["global", "install", "download"], lot.randint(1, 3)):
            text += f"[{section}]\n"
            for key in lot.sample(["index-url", "extra_index_url", "proxy", "cert"], lot.randint(1, 4)):
                text += f"{key} = {lot.choice([ONE, TWO, THREE])}\n"
        machine.write(place, text)
    env = {**machine.env, "PATH": os.environ["PATH"], "PIP_CONFIG_FILE": str(tmp_path / "named.conf")}
    if lot.random() < 0.5:
        env["PIP_INDEX_URL"] = ONE
    asked = (
        "import json; from pip._internal.cli.parser import ConfigOptionParser as P; p = P(prog='pip', name='install'); "
        "p.config.load(); print(json.dumps(dict(p._get_ordered_configuration_items())))"
    )
    done = subprocess.run([sys.executable, "-c", asked], env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip("this pip keeps its reader elsewhere")
    assert pip_settings(env) == json.loads(done.stdout) | {"config-file": env["PIP_CONFIG_FILE"]}


@pytest.mark.parametrize(
    ("variables", "urls"),
    [
        ({"UV_DEFAULT_INDEX": ONE}, (ONE,)),
        ({"UV_INDEX_URL": ONE}, (ONE,)),
        ({"UV_DEFAULT_INDEX": ONE, "UV_INDEX_URL": TWO}, (ONE,)),
        ({"UV_DEFAULT_INDEX": f"company={ONE}"}, (ONE,)),
        ({"UV_INDEX": f"company={ONE} {TWO}"}, (DEFAULT_INDEX, ONE, TWO)),
        ({"UV_EXTRA_INDEX_URL": f"{ONE} {TWO}"}, (DEFAULT_INDEX, ONE, TWO)),
        ({"UV_DEFAULT_INDEX": ONE, "PIP_INDEX_URL": TWO, "PIP_EXTRA_INDEX_URL": THREE}, (ONE, THREE)),
        ({"PIP_NO_INDEX": "1"}, ()),
        ({"PIP_NO_INDEX": "0"}, (DEFAULT_INDEX,)),
        ({"UV_NO_INDEX": "true"}, ()),
    ],
)
def test_variables_of_uv(machine: Machine, variables: dict[str, str], urls: tuple[str, ...]) -> None:
    assert machine.urls(**variables) == urls


def test_the_login_of_a_named_index_of_uv(machine: Machine) -> None:
    login = {"UV_INDEX_MY_COMPANY_USERNAME": "reader", "UV_INDEX_MY_COMPANY_PASSWORD": "p@ss/w"}
    url = "https://reader:p%40ss%2Fw@one.invalid/simple"
    assert machine.urls(UV_INDEX=f"my-company={ONE}", **login) == (DEFAULT_INDEX, url)
    assert machine.urls(UV_INDEX=f"other={ONE}", **login) == (DEFAULT_INDEX, ONE)
    shown = from_environment({**machine.env, "UV_INDEX": f"my-company={ONE}", **login}).shown
    assert "p%40ss" not in " ".join(shown)


def test_uv_s_files(machine: Machine) -> None:
    text = f"""\
[[index]]
name = "company"
url = "{ONE}"
default = true
[[index]]
name = "torch"
url = "{TWO}"
explicit = true
[[index]]
url = "{THREE}"
"""
    machine.write("home/.config/uv/uv.toml", text)
    assert machine.urls() == (ONE, THREE)
    assert machine.urls(UV_NO_CONFIG="1") == (DEFAULT_INDEX,)
    named = machine.write("named.toml", f'index-url = "{TWO}"\nextra-index-url = ["{ONE}"]\n[pip]\nno-index = false\n')
    assert machine.urls(UV_CONFIG_FILE=named) == (TWO, ONE)
    machine.write("etc/uv/uv.toml", f'[pip]\nextra-index-url = "{TWO}"\n')
    assert machine.urls() == (ONE, THREE, TWO)


@pytest.mark.parametrize(
    "text", ["index-url = 3", "[global", "\x00\xff", "[global]\nindex-url", "[global]\nindex-url = %(x)s"]
)
def test_files_that_are_none_end_in_no_traceback(machine: Machine, text: str) -> None:
    machine.write(USER, text)
    machine.write("home/.config/uv/uv.toml", text)
    try:
        machine.urls()
    except UsageError as error:
        assert error.remedy


def test_a_default_that_is_no_url_is_wrong_usage_and_shows_no_password(machine: Machine) -> None:
    with pytest.raises(UsageError, match="is not an http or https URL") as caught:
        machine.urls(PIP_INDEX_URL="https://reader:s3cret-word/with@slash")
    assert "s3cret" not in caught.value.message


def test_files_of_the_audited_folder_and_of_the_working_directory_are_not_obeyed(
    tmp_path: Path, index: Index, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    index.add("demo", wheel("demo"))
    for name in ("pip.conf", "pip.ini", ".config/pip/pip.conf", ".pip/pip.conf"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(f"[global]\nindex-url = {ONE}\ntrusted-host = one.invalid\nproxy = http://[\n")
    (tmp_path / "uv.toml").write_text(f'index-url = "{ONE}"\nkeyring-provider = "subprocess"\n')
    (tmp_path / ".netrc").write_text("default login a password b\n")
    (tmp_path / "requirements.txt").write_text("demo\n")
    monkeypatch.chdir(tmp_path)
    assert main(["resolve", "."]) == 0
    assert "demo==1.0" in capsys.readouterr().out
    assert index.requests["/simple/demo/"] == 1
    assert {login for _, login in index.authorizations} == {""}


def test_a_configured_folder_that_has_files_of_a_package_is_a_gap_of_that_package(
    tmp_path: Path, index: Index, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    index.add("demo", wheel("demo"))
    (tmp_path / "requirements.txt").write_text("demo\n")
    (tmp_path / "wheels").mkdir()
    (tmp_path / "wheels" / "other-1.0.tar.gz").touch()
    for place in (str(tmp_path / "wheels"), str(tmp_path / "missing")):
        monkeypatch.setenv("PIP_FIND_LINKS", place)
        assert main(["resolve", str(tmp_path)]) == 0
    (tmp_path / "wheels" / "Demo-9.0-py3-none-any.whl").touch()
    capsys.readouterr()
    for place in (str(tmp_path / "wheels"), (tmp_path / "wheels").as_uri()):
        monkeypatch.setenv("PIP_FIND_LINKS", place)
        assert main(["resolve", str(tmp_path)]) == 3
        assert "demo==1.0: pip may take " in capsys.readouterr().err
    monkeypatch.setenv("PIP_FIND_LINKS", "https://links.invalid/?token=s3cret-word")
    assert main(["resolve", str(tmp_path)]) == 3
    said = capsys.readouterr().err
    assert "names a place of files for pip" in said
    assert "s3cret-word" not in said


def test_a_configured_folder_with_the_files_of_the_index_is_no_gap(
    tmp_path: Path, index: Index, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # Regression: a mirror on the disk made every audit of this machine inconclusive.
    built = wheel("demo")
    index.add("demo", built)
    filename, body = built
    held = tmp_path / "files" / filename
    page = tmp_path / "mirror" / "demo" / "index.html"
    for path in (held, page):
        path.parent.mkdir(parents=True)
    monkeypatch.setenv("PIP_FIND_LINKS", str(held.parent))
    monkeypatch.setenv("PIP_EXTRA_INDEX_URL", page.parent.parent.as_uri())

    def resolved(line: str, data: bytes, link: str) -> int:
        (tmp_path / "requirements.txt").write_text(line)
        held.write_bytes(data)
        page.write_text(f'<a href="../../files/{link}">{link}</a>')
        return main(["resolve", str(tmp_path)])

    assert resolved("demo\n", body, filename) == 0
    assert resolved("demo\n", b"other bytes", filename) == 3
    assert resolved("demo\n", body, "demo-0.9.tar.gz") == 0
    assert resolved("demo\n", body, "demo-1.1.tar.gz") == 3
    assert resolved("demo==1.0\n", body, "demo-1.1.tar.gz") == 0
    assert resolved("demo==1.0\n", body, "demo-1.0+cpu-py3-none-any.whl") == 3
    digest = hashlib.sha256(body).hexdigest()
    assert resolved(f"demo==1.0 --hash=sha256:{digest}\n", b"other bytes", filename) == 0
    capsys.readouterr()


def test_an_index_that_cannot_be_asked_is_a_gap_where_it_has_something(
    tmp_path: Path, index: Index, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    index.add("demo", wheel("demo"))
    (tmp_path / "requirements.txt").write_text("demo\n")
    monkeypatch.setenv("PIP_EXTRA_INDEX_URL", f"{(tmp_path / 'index').as_uri()} {(tmp_path / 'none').as_uri()}")
    (tmp_path / "index" / "other").mkdir(parents=True)
    assert main(["resolve", str(tmp_path)]) == 0
    (tmp_path / "index" / "demo").mkdir()
    capsys.readouterr()
    assert main(["resolve", str(tmp_path)]) == 3
    assert "demo==1.0: pip may take " in capsys.readouterr().err
    monkeypatch.setenv("PIP_EXTRA_INDEX_URL", "ftp://index.invalid/simple")
    assert main(["resolve", str(tmp_path)]) == 3
    assert "names an index that pip asks and that is not asked here" in capsys.readouterr().err


def test_a_configured_folder_of_too_many_files_is_a_gap(
    tmp_path: Path, index: Index, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    index.add("demo", wheel("demo"))
    (tmp_path / "requirements.txt").write_text("demo\n")
    (tmp_path / "wheels").mkdir()
    for name in ("a", "b"):
        (tmp_path / "wheels" / name).touch()
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "wheels"))
    assert main(["resolve", str(tmp_path)]) == 0
    monkeypatch.setattr("scanner.resolver.configured.MAX_FILES", 1)
    assert main(["resolve", str(tmp_path)]) == 3
    assert "names a place of files for pip" in capsys.readouterr().err


def test_a_pin_without_hashes_beside_one_with_them_is_not_held(
    tmp_path: Path, index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    built = wheel("demo")
    index.add("demo", built)
    filename, body = built
    digest = hashlib.sha256(body).hexdigest()
    (tmp_path / "requirements.txt").write_text(f"demo==1.0 --hash=sha256:{digest}\n")
    (tmp_path / "wheels").mkdir()
    (tmp_path / "wheels" / filename).write_bytes(b"another")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "wheels"))
    assert main(["resolve", str(tmp_path)]) == 0
    (tmp_path / "Dockerfile").write_text("RUN pip install demo==1.0\n")
    assert main(["resolve", str(tmp_path)]) == 3
