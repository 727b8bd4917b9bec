"""Archives: each way in which a distribution can hold something else than it says."""

from __future__ import annotations

import base64
import hashlib
import io
import random
import struct
import zipfile

import pytest

from scanner.checks import archives
from tests.checks.archives_subject import archive_subject
from tests.checks.subjects import coverage, findings
from tests.support.builders import sdist, tar_of, wheel, zip_of

ELF = b"\x7fELF\x02\x01\x01" + b"\0" * 60
PE = b"MZ" + b"\0" * 58 + struct.pack("<I", 0x40) + b"PE\0\0" + b"\0" * 20
MACHO = b"\xcf\xfa\xed\xfe" + b"\0" * 40
FAT = b"\xca\xfe\xba\xbe" + struct.pack(">I", 2) + b"\0" * 40
JAVA = b"\xca\xfe\xba\xbe\x00\x00\x00\x34" + b"\0" * 40
CODE = {"alpha/__init__.py": b"LABELS = []\n"}


def _members(made: tuple[str, bytes]) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(made[1])) as archive:
        return {info.filename: archive.read(info) for info in archive.infolist()}


def _changed(made: tuple[str, bytes], **files: bytes) -> tuple[str, bytes]:
    """The same wheel with members replaced or added after RECORD was written; ``None`` removes one."""
    members = _members(made)
    for path, body in files.items():
        if body is None:
            members.pop(path)
        else:
            members[path] = body
    return made[0], zip_of(members)


def _found(folder, made, **fields):
    return sorted(f"{one.rule}:{one.severity}" for one in findings(archives, archive_subject(folder, made, **fields)))


def test_an_honest_wheel_and_sdist_are_quiet(tmp_path):
    for made in (wheel("alpha", "1.0", CODE), sdist("alpha", "1.0", CODE)):
        subject = archive_subject(tmp_path, made)
        assert findings(archives, subject) == []
        assert coverage(archives, subject)["alpha==1.0"].status == "checked"


def test_a_member_changed_after_the_build(tmp_path):
    made = _changed(wheel("alpha", "1.0", CODE), **{"alpha/__init__.py": b"LABELS = [1]\n"})
    (found,) = findings(archives, archive_subject(tmp_path, made))
    assert (found.rule, found.severity) == ("archives/record-altered", "high")
    place = found.evidence[0].location
    assert (place.artifact, place.path) == ("alpha-1.0-py3-none-any.whl", "alpha/__init__.py")
    assert found.evidence[0].sha256 == hashlib.sha256(b"LABELS = [1]\n").hexdigest()


@pytest.mark.parametrize(
    ("path", "expected"),
    [("alpha/extra.py", "archives/record-extra:high"), ("alpha/NOTES", "archives/record-extra:medium")],
)
def test_a_member_added_after_the_build(tmp_path, path, expected):
    assert _found(tmp_path, _changed(wheel("alpha", "1.0", CODE), **{path: b"x = 1\n"})) == [expected]


def test_a_member_removed_after_the_build(tmp_path):
    made = _changed(wheel("alpha", "1.0", {**CODE, "alpha/data.json": b"{}"}), **{"alpha/data.json": None})
    assert _found(tmp_path, made) == ["archives/record-missing:low"]


def test_a_wheel_without_record_or_with_an_unreadable_one(tmp_path):
    record = "alpha-1.0.dist-info/RECORD"
    assert _found(tmp_path, _changed(wheel("alpha", "1.0", CODE), **{record: None})) == ["archives/no-record:high"]
    broken = _changed(wheel("alpha", "1.0", CODE), **{record: b"\xff\xfe\x00bad"})
    assert _found(tmp_path, broken) == ["archives/no-record:high"]


def _with_record(record: bytes) -> tuple[str, bytes]:
    return _changed(wheel("alpha", "1.0", CODE), **{"alpha-1.0.dist-info/RECORD": record})


def test_a_record_of_several_megabytes_is_read_as_that_of_torch_is(tmp_path):
    honest = _members(wheel("alpha", "1.0", CODE))["alpha-1.0.dist-info/RECORD"]
    rows = honest + b"".join(b"alpha/%s/%05d.h,sha256=,0\n" % (b"include" * 8, number) for number in range(25_000))
    assert len(rows) > 1024 * 1024
    made = _changed(
        wheel("alpha", "1.0", CODE), **{"alpha-1.0.dist-info/RECORD": rows, "alpha/__init__.py": b"LABELS = [1]\n"}
    )
    assert _found(tmp_path, made) == ["archives/record-altered:high", "archives/record-missing:low"]


@pytest.mark.parametrize(
    "record", [random.Random(1).randbytes(33_554_433).hex().encode(), b"alpha/x.h,,\n" * 400_001], ids=["bytes", "rows"]
)
def test_a_record_past_the_bound_is_a_gap_and_no_word_against_the_wheel(tmp_path, record):
    subject = archive_subject(tmp_path, _with_record(record))
    assert findings(archives, subject) == []
    row = coverage(archives, subject)["alpha==1.0"]
    assert row.status == "not-checked"
    assert "not compared" in row.reason


def test_metadata_past_the_bound_and_digests_that_are_not_computed_are_gaps(tmp_path):
    large = {"alpha-1.0.dist-info/METADATA": b"Name: alpha\nVersion: 1.0\n\n" + b"x" * 2_000_000}
    rows = _members(wheel("alpha", "1.0", CODE))["alpha-1.0.dist-info/RECORD"].decode().splitlines()
    kept = [f"{one.partition(',')[0]},shake_128=AAAA,1" for one in rows if not one.endswith(",,")]
    for changes in (large, {"alpha-1.0.dist-info/RECORD": "\n".join(kept).encode()}):
        subject = archive_subject(tmp_path, _changed(wheel("alpha", "1.0", CODE), **changes))
        assert coverage(archives, subject)["alpha==1.0"].status == "not-checked"


def test_record_without_a_digest(tmp_path):
    record = b"alpha/__init__.py,,\nalpha-1.0.dist-info/METADATA,,\nalpha-1.0.dist-info/WHEEL,,\n"
    made = _changed(wheel("alpha", "1.0", CODE), **{"alpha-1.0.dist-info/RECORD": record})
    assert _found(tmp_path, made) == ["archives/record-unhashed:low"]


def test_record_digests_of_longer_algorithms_are_computed_too(tmp_path):
    body = CODE["alpha/__init__.py"]
    good = base64.urlsafe_b64encode(hashlib.sha512(body).digest()).rstrip(b"=").decode()
    base = wheel("alpha", "1.0", CODE)
    lines = _members(base)["alpha-1.0.dist-info/RECORD"].decode().splitlines()
    for value, expected in ((good, []), ("A" * 86, ["archives/record-altered:high"])):
        rows = [f"alpha/__init__.py,sha512={value},12" if one.startswith("alpha/") else one for one in lines]
        made = _changed(base, **{"alpha-1.0.dist-info/RECORD": "\n".join(rows).encode()})
        assert _found(tmp_path, made) == expected


@pytest.mark.parametrize(
    ("path", "body", "expected"),
    [
        ("alpha/logo.png", ELF, ["archives/hidden-executable:high", "archives/native-in-pure:low"]),
        ("alpha/words.txt", PE, ["archives/hidden-executable:high", "archives/native-in-pure:low"]),
        ("alpha/model.json", MACHO, ["archives/hidden-executable:high", "archives/native-in-pure:low"]),
        ("alpha/init.py", FAT, ["archives/hidden-executable:high", "archives/native-in-pure:low"]),
        ("alpha/_native.so", ELF, ["archives/native-in-pure:medium"]),
        ("alpha/launcher.exe", PE, ["archives/native-in-pure:low"]),
        ("alpha/words.txt", b"MZ is how the name of the letter begins\n" * 4, []),
        ("alpha/Main.class", JAVA, []),
    ],
)
def test_native_code_by_its_bytes_and_not_by_its_name(tmp_path, path, body, expected):
    assert _found(tmp_path, wheel("alpha", "1.0", {**CODE, path: body})) == expected


def test_native_code_in_a_wheel_for_a_platform_is_what_such_wheels_are_for(tmp_path):
    made = wheel("alpha", "1.0", {**CODE, "alpha/_native.so": ELF}, tag="cp311-cp311-manylinux_2_17_x86_64")
    assert _found(tmp_path, made) == []


def test_the_inside_names_another_project_version_or_tag(tmp_path):
    other = wheel("beta", "1.0", CODE)
    assert set(_found(tmp_path, ("alpha-1.0-py3-none-any.whl", other[1]))) == {"archives/name-differs:high"}
    later = wheel("alpha", "2.0", CODE)
    assert set(_found(tmp_path, ("alpha-1.0-py3-none-any.whl", later[1]))) == {"archives/version-differs:medium"}
    renamed = ("alpha-1.0-cp311-cp311-win_amd64.whl", wheel("alpha", "1.0", CODE)[1])
    assert _found(tmp_path, renamed) == ["archives/tags-differ:low"]
    body = sdist("beta", "1.0", CODE)[1]
    assert _found(tmp_path, ("alpha-1.0.tar.gz", body)) == ["archives/name-differs:high"]


def test_compiled_modules_need_their_source(tmp_path):
    lone = wheel("alpha", "1.0", {**CODE, "alpha/hidden.pyc": b"\xa7\r\r\n"})
    assert _found(tmp_path, lone) == ["archives/bytecode-without-source:medium"]
    cached = wheel("alpha", "1.0", {**CODE, "alpha/__pycache__/__init__.cpython-311.pyc": b"\xa7\r\r\n"})
    assert _found(tmp_path, cached) == []


def test_a_path_that_climbs_out_is_critical(tmp_path):
    made = ("alpha-1.0.tar.gz", tar_of({"alpha-1.0/PKG-INFO": b"Name: alpha\nVersion: 1.0\n", "../../etc/x": b"x"}))
    assert "archives/path-escapes:critical" in _found(tmp_path, made)


def test_one_path_twice_is_two_files_to_two_tools(tmp_path):
    base = _members(wheel("alpha", "1.0", CODE))
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for path, body in base.items():
            archive.writestr(path, body)
        with pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr("alpha/__init__.py", b"other = 1\n")
    found = _found(tmp_path, ("alpha-1.0-py3-none-any.whl", buffer.getvalue()))
    assert "archives/duplicate-member:high" in found


def test_bytes_that_are_no_archive_cost_their_own_result_only(tmp_path):
    subject = archive_subject(tmp_path, ("alpha-1.0-py3-none-any.whl", b"<html>not found</html>"))
    assert [one.rule for one in findings(archives, subject)] == ["archives/unreadable"]
    assert coverage(archives, subject)["alpha==1.0"].status == "not-checked"
