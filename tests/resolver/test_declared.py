"""Extras and groups that a manifest declares and nobody asked for: in the graph, or a condition, or a gap."""

from __future__ import annotations

from pathlib import Path

from scanner.model.coverage import DECLARED
from scanner.policy.decide import decide
from scanner.policy.policy import built_in_policy
from scanner.policy.waive import apply_waivers
from scanner.resolver.build import Resolution
from tests.resolver.test_build import UV, gaps, packages, paths, resolved
from tests.support.builders import wheel
from tests.support.index_server import Index

PROJECT = (
    '[project]\nname = "app"\nversion = "1"\ndependencies = ["a==1.0"]\n[project.optional-dependencies]\nx = ["{}"]\n'
)


def with_extra(tmp_path: Path, index: Index, requirement: str) -> Resolution:
    for name in ("a", "b"):
        index.add(name, wheel(name, "1.0", files={f"{name}/__init__.py": ""}))
    return resolved(tmp_path, {"pyproject.toml": PROJECT.format(requirement)}, declared=True)


def rows(found: Resolution) -> dict[str, str]:
    return {one.subject: one.status for one in found.coverage if one.check == DECLARED}


def test_an_extra_that_nobody_asked_for_is_a_root_of_its_own(tmp_path: Path, index: Index) -> None:
    found = with_extra(tmp_path, index, "b")
    assert paths(found, "b") == ["app[x] > b"]
    assert rows(found) == {"app[x]": "checked"}
    assert gaps(found) == {}


def test_what_pip_would_refuse_is_a_condition_and_names_the_extra(tmp_path: Path, index: Index) -> None:
    for requirement in ("b>=2", "a>=2"):
        found = with_extra(tmp_path, index, requirement)
        assert rows(found) == {"app[x]": "not-checked"}, requirement
        complete = [one for one in found.coverage if one.check in ("resolution", DECLARED)]
        policy = built_in_policy()
        from datetime import date

        import msgspec

        rules = msgspec.structs.replace(policy.rules, required_checks=("resolution",))
        policy = msgspec.structs.replace(policy, rules=rules)
        verdict = decide(policy, apply_waivers((), (), date(2026, 1, 1)), complete)
        assert verdict.decision == "approve-with-conditions"
        assert any("app[x]" in one for one in verdict.reasons)


def test_an_extra_that_no_index_has_is_a_gap(tmp_path: Path, index: Index) -> None:
    found = with_extra(tmp_path, index, "nowhere-to-be-found")
    assert [one.check for one in found.coverage if one.status == "not-checked"] == ["resolution"]
    assert "nowhere-to-be-found" in gaps(found)["app[x]"]


def test_what_a_lock_does_not_hold_is_resolved_beside_it(tmp_path: Path, index: Index) -> None:
    index.add("late", wheel("late", "1.0", files={"late/__init__.py": ""}))
    index.add("env", wheel("env", "1.0", files={"env/__init__.py": ""}))
    manifest = (
        '[project]\nname = "app"\nversion = "0.1"\ndependencies = ["a[fast]", "late"]\n'
        '[tool.hatch.envs.default]\ndependencies = ["env"]\n'
    )
    found = resolved(tmp_path, {"uv.lock": UV, "pyproject.toml": manifest}, declared=True)
    assert {"late==1.0", "env==1.0"} <= set(packages(found))
    assert paths(found, "env") == ["app (group hatch-default) > env"]


def test_an_entry_of_a_lock_that_nothing_asks_for_is_in_the_graph(tmp_path: Path) -> None:
    more = '[[package]]\nname = "odd"\nversion = "1.0"\nsource = { registry = "https://pypi.org/simple" }\n'
    found = resolved(tmp_path, {"uv.lock": UV + more}, online=False)
    assert paths(found, "odd") == ["app (undeclared in the lock, and nothing asks for it) > odd"]


def test_setup_cfg_is_divided_as_configparser_divides_it(tmp_path: Path) -> None:
    body = "[DEFAULT]\nsetup-requires = s==1.0\n[options] trailing\n"
    body += "  install-requires =\n    a==1.0\n  tests_require = t==1.0\n"
    found = resolved(tmp_path, {"setup.cfg": "[metadata]\nname = app\n" + body}, online=False, declared=True)
    assert packages(found) == ["a==1.0", "s==1.0", "t==1.0"]


def test_a_setup_py_that_sets_its_requirements_on_an_object_is_a_gap(tmp_path: Path) -> None:
    start = "from setuptools import setup, Distribution\n"
    for body in (
        "d = setup(name='app')\nd.install_requires = ['b']\n",
        "d = setup(name='app')\nd.install_requires.append('b')\n",
        "setup(name='app', cmdclass={'egg_info': object})\n",
        "setup(name='app', distclass=Distribution)\n",
    ):
        found = resolved(tmp_path, {"setup.py": start + body}, online=False)
        assert any("only running it" in reason for reason in gaps(found).values()), body
    body = "class D(Distribution):\n    def has_ext_modules(self): return True\nsetup(name='app', distclass=D)\n"
    assert gaps(resolved(tmp_path, {"setup.py": start + body}, online=False)) == {}
