"""What is known to be open: each entry is a way whose test fails today. An entry that passes must leave this table."""

from __future__ import annotations

OPEN_WAYS: dict[str, tuple[str, ...]] = {}
OPEN = {(group, way): "still open" for group, found in OPEN_WAYS.items() for way in found}

GAPS: frozenset[tuple[str, str]] = frozenset(
    {
        ("requirements", "under a second key of environment.yml"),
        ("requirements", "in a second document of environment.yml"),
        ("requirements", "in a folder that is skipped (.idea)"),
        ("requirements", "in a folder that is skipped (node_modules)"),
        ("requirements", "in a folder that is skipped (site-packages)"),
        ("manifests", "in uv.toml"),
        ("manifests", "in setup.py, by a class"),
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
