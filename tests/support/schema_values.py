"""Texts, numbers and other single values that a JSON Schema allows, for Hypothesis."""

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Final

from hypothesis import strategies as st

Values = st.SearchStrategy[Any]

_LETTERS: Final = st.characters(codec="utf-8")
_ZONES: Final = st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=30))])
_YEAR_2100: Final = 4_102_444_800
_MOMENTS: Final = st.builds(datetime.fromtimestamp, st.integers(0, _YEAR_2100), _ZONES)
_FORMATS: Final[dict[str, Values]] = {
    "uuid": st.uuids().map(str),
    "date-time": _MOMENTS.map(datetime.isoformat),
}
SCALARS: Final = st.none() | st.booleans() | st.integers() | st.text(_LETTERS, max_size=20)


def texts(schema: dict[str, Any]) -> Values:
    if "format" in schema:
        return _FORMATS[schema["format"]]
    least, most = schema.get("minLength", 0), schema.get("maxLength")
    if "pattern" in schema:
        # In ECMA-262 `$` is the end, in Python also the place before a last newline.
        matching = st.from_regex(re.sub(r"\$$", r"\\Z", schema["pattern"]))
        return matching.filter(lambda text: least <= len(text) <= (most or len(text)))
    few = least + 20 if most is None else min(most, least + 20)
    short: Values = st.text(_LETTERS, min_size=least, max_size=few)
    if most is not None:
        short |= st.sampled_from("aé").map(lambda letter: letter * most)
    return short | st.sampled_from(schema["examples"]) if "examples" in schema else short


def integers(schema: dict[str, Any]) -> Values:
    step = schema.get("multipleOf", 1)
    low, high = schema.get("minimum"), schema.get("maximum")
    least = None if low is None else -(-low // step)
    most = None if high is None else high // step
    ends = [end for end in (least, most) if end is not None]
    counts = st.integers(least, most) | st.sampled_from(ends) if ends else st.integers()
    return counts.map(lambda count: count * step)


def numbers(schema: dict[str, Any]) -> Values:
    low = schema.get("minimum", schema.get("exclusiveMinimum"))
    high = schema.get("maximum", schema.get("exclusiveMaximum"))
    inside = st.floats(
        None if low is None else float(low),
        None if high is None else float(high),
        allow_nan=False,
        allow_infinity=False,
        exclude_min="exclusiveMinimum" in schema,
        exclude_max="exclusiveMaximum" in schema,
    )
    ends = [schema[end] for end in ("minimum", "maximum") if end in schema]
    return inside | st.sampled_from(ends) if ends else inside
