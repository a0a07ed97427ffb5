"""Spaces between Chinese and Latin letters, as careful printers set them."""

from __future__ import annotations

import re

from opscli.phrases import current

_CHINESE, _MARKS = "\u4e00-\u9fff", "\u201c\u201d\uff0c\uff1b\uff1a\uff08\uff09\u3001"


def spaced(text: str) -> str:
    """Chinese without spaces beside its own characters and marks, but with them beside Latin words and numbers."""
    if current() != "zh":
        return text
    text = re.sub(rf"(?<=[{_CHINESE}{_MARKS}]) +(?=[{_CHINESE}{_MARKS}])|(?<=[{_MARKS}]) +| +(?=[{_MARKS}])", "", text)
    return re.sub(rf"(?<=[{_CHINESE}])(?=[A-Za-z0-9{{\[])|(?<=[A-Za-z0-9}}\]%])(?=[{_CHINESE}])", " ", text)
