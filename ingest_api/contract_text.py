"""Text to HTML: everything is escaped; of CommonMark just paragraphs, code, strong and emphasis."""

import html
import re
from collections.abc import Iterable, Sequence

_CODE = re.compile(r"`([^`]+)`")
_MARKS = (
    (re.compile(r"\*\*([^*]+)\*\*"), r"<strong>\1</strong>"),
    (re.compile(r"\*([^*]+)\*"), r"<em>\1</em>"),
)


def escaped(text: object) -> str:
    return html.escape(str(text))


def inline(text: str) -> str:
    """One paragraph, without its tag; in code nothing is markup."""
    parts = enumerate(_CODE.split(text))
    return "".join(code(part) if place % 2 else _marked(part) for place, part in parts)


def paragraphs(text: str) -> str:
    return "".join(f"<p>{inline(part)}</p>" for part in text.strip().split("\n\n"))


def code(text: object) -> str:
    return f"<code>{escaped(text)}</code>"


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """The cells are HTML, the heads are text."""
    head = "".join(f'<th scope="col">{escaped(name)}</th>' for name in heads)
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    inner = f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody>"
    return f'<div class="wide"><table>{inner}</table></div>'


def _marked(text: str) -> str:
    made = escaped(text)
    for mark, tag in _MARKS:
        made = mark.sub(tag, made)
    return made
