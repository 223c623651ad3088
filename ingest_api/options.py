"""What the client asked for, as text or JSON, to checked options."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, get_args

from pydantic import ValidationError

from ingest_api.errors import OPTION_INVALID, OPTION_REPEATED, OPTION_UNKNOWN, RefusedError
from ingest_api.settings import ApiSettings
from schemas.events import Lane
from schemas.options import NAMED_THRESHOLDS, AnalysisOptions

_INTEGER = re.compile(r"-?[0-9]{1,15}")
_NUMBER = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,30})?([eE][+-]?[0-9]{1,2})?")
_ALLOWED: Final = {
    "confidence_threshold": "low, medium, high or a number from 0 to 1",
    "max_objects": "a whole number from 1 to 100",
    "include_metadata": "true or false",
    "labels": "1 to 80 object names of COCO 2017",
    "iou_threshold": "a number from 0 to 1",
    "model": "the name of a model: small letters, digits, dots, hyphens, underscores",
    "callback_url": "an https address of 1 to 2048 characters",
    "lane": "interactive or bulk",
}
_DEADLINE: Final = "deadline_s"
_LANE: Final = "lane"
OPTION_NAMES: Final = (*_ALLOWED, _DEADLINE)


@dataclass(frozen=True, slots=True)
class Wish:
    """What to do with a picture, how many seconds from now it is worth doing, and in which lane."""

    options: AnalysisOptions
    deadline_s: int
    lane: Lane = "interactive"


def check_name(name: str) -> None:
    """Raises RefusedError for what is no option; the name given back is cut and printable."""
    if name not in OPTION_NAMES:
        shown = "".join(char if char.isprintable() else "?" for char in name[:100])
        raise RefusedError(
            refusal=OPTION_UNKNOWN, field=shown, allowed=", ".join(sorted(OPTION_NAMES))
        )


def wish_from_texts(texts: Mapping[str, Sequence[str]], settings: ApiSettings) -> Wish:
    """Of the text parts of a form; `labels` may be repeated or hold commas. Raises RefusedError."""
    values: dict[str, Any] = {}
    for name, given in texts.items():
        check_name(name)
        if len(given) > 1 and name != "labels":
            raise RefusedError(refusal=OPTION_REPEATED, field=name)
        values[name] = _from_text(name, given, settings)
    return _wish(values, settings)


def wish_from_json(values: Mapping[str, Any], settings: ApiSettings) -> Wish:
    """Of the members of a JSON object. Raises RefusedError."""
    for name, value in values.items():
        check_name(name)
        if name in {"iou_threshold", _DEADLINE} and not _is_number(value):
            raise invalid(name, settings)
        if name == "labels" and not (value is None or isinstance(value, list)):
            raise invalid(name, settings)
    return _wish(dict(values), settings)


def invalid(name: str, settings: ApiSettings) -> RefusedError:
    allowed = _ALLOWED.get(name, f"a whole number of seconds from 1 to {settings.deadline_max_s}")
    return RefusedError(
        refusal=OPTION_INVALID, detail=f"{name} must be {allowed}", field=name, allowed=allowed
    )


def _wish(values: dict[str, Any], settings: ApiSettings) -> Wish:
    deadline_s = values.pop(_DEADLINE, settings.deadline_default_s)
    if not isinstance(deadline_s, int) or not 1 <= deadline_s <= settings.deadline_max_s:
        raise invalid(_DEADLINE, settings)
    lane = _to_lane(values.pop(_LANE, "interactive"))
    if lane is None:
        raise invalid(_LANE, settings)
    try:
        return Wish(AnalysisOptions.model_validate(values), deadline_s, lane)
    except ValidationError as error:
        name = str(error.errors(include_url=False, include_input=False)[0]["loc"][0])
        raise invalid(name, settings) from None


def _to_lane(value: object) -> Lane | None:
    known: tuple[Lane, ...] = get_args(Lane)
    return next((lane for lane in known if lane == value), None)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _from_text(name: str, given: Sequence[str], settings: ApiSettings) -> Any:
    text = given[0].strip()
    if name == "labels":
        return [label.strip() for line in given for label in line.split(",")]
    if name == "include_metadata" and text in {"true", "false"}:
        return text == "true"
    if name in {"max_objects", _DEADLINE} and _INTEGER.fullmatch(text):
        return int(text)
    if name in {"confidence_threshold", "iou_threshold"} and _NUMBER.fullmatch(text):
        return float(text)
    if name in {"model", "callback_url", _LANE}:
        return text
    if name == "confidence_threshold" and text in NAMED_THRESHOLDS:
        return text
    raise invalid(name, settings)
