"""What a renderer may be told beside the report. Nothing here may make two runs differ by itself."""

from __future__ import annotations

import msgspec


class RenderContext(msgspec.Struct, frozen=True):
    """``excerpt_lines`` and ``excerpt_columns`` bound what is shown of any code excerpt or decoded layer."""

    excerpt_lines: int = 60
    excerpt_columns: int = 400
    layer_characters: int = 6000


DEFAULT_CONTEXT = RenderContext()
