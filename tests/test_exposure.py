"""Exposure: the vendor's assets are recognised by their words, and the packages beside them follow from imports."""

from __future__ import annotations

from pathlib import Path

from packaging.utils import canonicalize_name

from scanner.exposure import find_assets, read_kinds, words_of
from scanner.model.graph import DependencyGraph, Edge, GraphBuilder, Root
from scanner.model.package import Package

RULES = Path(__file__).resolve().parents[1] / "rules"
DATASETS = Package(canonicalize_name("datasets"), "4.0")
PYARROW = Package(canonicalize_name("pyarrow"), "20.0")
HTTPX = Package(canonicalize_name("httpx"), "0.28")


def graph() -> DependencyGraph:
    builder = GraphBuilder()
    root = Root("vendor", "uv.lock")
    builder.connect(root, DATASETS, Edge("datasets"))
    builder.connect(root, HTTPX, Edge("httpx"))
    builder.connect(DATASETS, PYARROW, Edge("pyarrow"))
    return builder.build()


def assets(**files: bytes) -> dict[str, tuple[str, tuple[str, ...]]]:
    providers = {"datasets": DATASETS, "pyarrow": PYARROW, "httpx": HTTPX}
    named = [
        (path.replace("__", "/").replace("_py", ".py").replace("_toml", ".toml"), body) for path, body in files.items()
    ]
    return {one.path: (one.kind, one.imports) for one in find_assets(named, read_kinds(RULES), graph(), providers)}


def test_words_of_paths_and_names() -> None:
    assert words_of("RewardModelV2/min_words") >= {"reward", "model", "min", "words"}


def test_the_reward_module_runs_beside_everything_its_imports_bring() -> None:
    found = assets(
        curation__reward_py=b"from curation.filters import keeps\n",
        curation__filters_py=b"import datasets\ndef keeps(x): return True\n",
        service__http_py=b"import httpx\n",
    )
    assert found == {
        "curation/reward.py": ("reward-logic", ("datasets==4.0", "pyarrow==20.0")),
        "curation/filters.py": ("curation-recipe", ("datasets==4.0", "pyarrow==20.0")),
    }


def test_a_module_is_known_by_what_it_defines() -> None:
    assert assets(core__util_py=b"class RewardModel: pass\n")["core/util.py"][0] == "reward-logic"


def test_a_recipe_file_without_code_is_an_asset_with_nobody_beside_it() -> None:
    assert assets(conf__recipe_toml=b"a = 1") == {"conf/recipe.toml": ("curation-recipe", ())}


def test_tests_and_ordinary_modules_are_no_assets_and_broken_source_does_not_stop_the_rest() -> None:
    assert assets(tests__reward_py=b"", core__http_py=b"import httpx", core__broken_py=b"def (") == {}
