"""Readers of hostile text and bytes: whatever comes in, a value or an error of ours goes out."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.integrity.claims import der_text
from scanner.integrity.contents import native_kind
from scanner.integrity.install_sites import _commands, _pip_configuration, installation, without_credentials
from scanner.integrity.plain import all_plain, statements
from scanner.integrity.popular import resembles
from scanner.integrity.provenance import AttestationFaultError, Unsupported, read_provenance
from scanner.integrity.times import instant, span
from scanner.model.known import NotKnown

_KEYS = st.sampled_from(
    ["version", "attestation_bundles", "publisher", "kind", "repository", "workflow", "attestations", "envelope"]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_KEYS | st.text(max_size=8), inner, max_size=6),
    max_leaves=30,
)


def _read(raw: bytes) -> bool:
    try:
        found = read_provenance(raw)
    except AttestationFaultError as fault:
        return bool(fault.why)
    return isinstance(found, (list, Unsupported))


@given(st.binary(max_size=400))
def test_provenance_of_any_bytes(raw):
    assert _read(raw)


@given(JSON)
def test_provenance_of_any_json(tree):
    assert _read(json.dumps(tree).encode())


@given(JSON)
def test_provenance_of_any_bundle(tree):
    bundle = {"publisher": {"kind": "GitHub", "repository": "a/b", "workflow": "c.yml"}, "attestations": [tree]}
    assert _read(json.dumps({"version": 1, "attestation_bundles": [bundle]}).encode())


@given(st.binary(max_size=64))
def test_der_of_any_bytes(raw):
    try:
        text = der_text(raw)
    except AttestationFaultError:
        return
    assert raw.endswith(text.encode())


@given(st.text(min_size=0, max_size=10_000))
@settings(max_examples=30)
def test_der_reads_back_what_was_written(text):
    raw = text.encode()
    size = bytes([len(raw)]) if len(raw) < 128 else b"\x83" + len(raw).to_bytes(3, "big")
    assert der_text(b"\x0c" + size + raw) == text


@given(st.text(max_size=2000))
def test_commands_and_pip_configuration_of_any_text(text):
    for one in (*_commands("Dockerfile", text), *_pip_configuration("pip.conf", text)):
        assert one.location.path in ("Dockerfile", "pip.conf")


@given(
    st.lists(
        st.sampled_from(
            ["pip install", "uv pip sync", "-r", "a.txt", "--extra-index-url", "https://a.invalid", "=", "\\\n", "\n"]
        ),
        max_size=20,
    )
)
def test_commands_of_any_words(words):
    for one in _commands("ci.sh", " ".join(words)):
        assert one.location.line >= 1


@given(st.text(alphabet="abc@:/${}%<>*[].-", max_size=40))
def test_no_password_survives(rest):
    clean, _ = without_credentials(f"https://user:hunter2@index.invalid/{rest}")
    assert "hunter2" not in clean


@pytest.mark.parametrize(
    ("url", "clear"),
    [
        ("https://user:hunter2@index.invalid/simple", True),
        ("https://token@index.invalid/simple", True),
        ("https://user:${TOKEN}@index.invalid/simple", False),
        ("https://user:${{ secrets.TOKEN }}@index.invalid/simple", False),
        ("https://user:$TOKEN@index.invalid/simple", False),
        ("https://user:%PASSWORD%@index.invalid/simple", False),
        ("https://index.invalid/simple", False),
        ("https://[broken", False),
    ],
)
def test_a_variable_is_no_password(url, clear):
    assert without_credentials(url)[1] is clear


def test_a_tree_of_links_loops_and_large_files_is_read_within_bounds(tmp_path):
    (tmp_path / "loop").symlink_to(tmp_path)
    (tmp_path / "pip.conf").symlink_to("/etc/hostname")
    (tmp_path / "Dockerfile").write_bytes(b"RUN pip install --extra-index-url https://a.invalid/simple x\n" * 20_000)
    (tmp_path / "Makefile").write_bytes(b"\0\xff" * 100)
    deep = tmp_path
    for _ in range(60):
        deep = deep / "d"
    deep.mkdir(parents=True)
    (deep / "pip.conf").write_text("[global]\nindex-url = https://a.invalid/simple\n")
    assert installation(str(tmp_path)).options == ()
    assert installation(str(tmp_path / "missing")).read == ()


@given(st.text(max_size=70))
def test_instants_of_any_text(text):
    when = instant(text)
    assert when is None or when.tzinfo is not None


def test_instants_and_spans():
    assert instant("2026-01-05T10:00:00.123456Z") == datetime(2026, 1, 5, 10, 0, 0, 123456, UTC)
    assert instant("2026-01-05T10:00:00+02:00") == datetime(2026, 1, 5, 8, tzinfo=UTC)
    assert instant(NotKnown("x")) is None
    start = datetime(2026, 1, 1, tzinfo=UTC)
    shown = [span(start, start.replace(**step)) for step in ({"second": 5}, {"hour": 5}, {"day": 20}, {"year": 2030})]
    assert shown == ["5 seconds", "5 hours", "19 days", "4 years"]
    assert span(start, start.replace(year=2020)) == "0 seconds"


@given(st.binary(max_size=120))
def test_native_kinds_of_any_bytes(data):
    assert native_kind(data) in ("", "ELF", "PE", "Mach-O")


@given(st.text(max_size=200))
@settings(max_examples=50)
def test_plain_of_any_text(text):
    assert all_plain(statements(text.encode("utf-8", "replace"))) in (True, False)


@given(st.from_regex(r"[a-z0-9]+(-[a-z0-9]+)*", fullmatch=True))
@settings(max_examples=40, deadline=None)
def test_resemblance_of_any_name(name):
    like = resembles(name)
    assert like is None or like.target != name
