"""What is known to be open: each entry is a way whose test fails today. An entry that passes must leave this table."""

from __future__ import annotations

OPEN_WAYS: dict[str, tuple[str, ...]] = {
    "locks": (
        "in uv.lock, that nothing asks for",
        "in conda-lock",
    ),
    "manifests": (
        "in an extra",
        "in a group of PEP 735",
        "in a group that another includes",
        "in tool.uv.dev-dependencies",
        "in tool.uv.extra-build-dependencies",
        "in uv.toml",
        "in a group of poetry",
        "in poetry's old dev-dependencies",
        "in pdm's dev-dependencies",
        "in hatch's environment",
        "in hatch.toml",
        "in a dependency of a hatch hook",
        "in flit's old table",
        "in setup.cfg with dashes",
        "in pixi",
        "in an extra of setup.cfg",
        "in pixi.toml",
        "in a dynamic extra",
        "in setup.py, by a class",
        "in a category of Pipfile",
    ),
    "modules": (
        "in a hook of subclasses",
        "in the module's own getattr",
        "in a module of the tests",
        "in a file that is read and executed",
        "in package data that is executed",
        "as a shell script of the wheel",
        "in a native module alone",
        "in Cython source",
        "in a stub that is executed",
        "in the docstring, executed",
        "in a metaclass",
    ),
    "sdists": (
        "in a file that setup.py executes",
        "in a script that setup.py starts",
    ),
    "trees": (
        "in Cython source",
        "in conftest",
        "in a pickle",
        "in a pickle of the oldest protocol",
        "in a model of torch",
        "in a model of joblib",
        "in an array of objects",
        "in a shell script that setup starts",
        "in the module that a Makefile runs",
        "in a pre-commit hook",
        "in a dependency file's neighbour that setup reads",
    ),
}
OPEN = {(group, way): "still open" for group, found in OPEN_WAYS.items() for way in found}

GAPS: frozenset[tuple[str, str]] = frozenset(
    {
        ("requirements", "under a second key of environment.yml"),
        ("requirements", "in a second document of environment.yml"),
        ("requirements", "in a folder that is skipped (.idea)"),
        ("requirements", "in a folder that is skipped (node_modules)"),
        ("requirements", "in a folder that is skipped (site-packages)"),
        ("manifests", "in tool.uv.build-constraint-dependencies"),
        ("requirements", "beside a hundred -r"),
        ("requirements", "as a percent-encoded URL"),
        ("requirements", "as a URL that names another egg"),
        ("requirements", "in a constraint that is a URL"),
        ("requirements", "in a folder with a pyvenv.cfg"),
        ("requirements", "behind the 101st -r"),
        ("manifests", "in tool.uv.sources"),
        ("manifests", "in a list of tool.uv.sources"),
        ("manifests", "in an extra of itself"),
        ("manifests", "in pdm's overrides"),
        ("manifests", "in tool.uv.override-dependencies"),
        ("manifests", "in tool.uv.constraint-dependencies"),
        ("manifests", "in setup.py, by keywords"),
        ("manifests", "in setup.py, from a module"),
        ("manifests", "in setup.py, from JSON"),
        ("manifests", "in a dynamic field of a plugin"),
        ("locks", "in pylock.toml, as an archive"),
        ("locks", "in pixi.lock"),
    }
)
"""(group, way) whose rightful answer is a gap, or a refusal, for whatever the way brings in."""
