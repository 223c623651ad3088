"""One line a fact, ours and the libraries' alike, whatever the text holds."""

import json
import logging
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
import structlog

from telemetry.logs import (
    LogSettings,
    RepeatFilter,
    bound_contextvars,
    configure_logs,
    get_logger,
)


class Output:
    """Everything on standard output since the start of the test."""

    def __init__(self, capture: pytest.CaptureFixture[str]) -> None:
        self._capture = capture
        self._text = ""

    def getvalue(self) -> str:
        self._text += self._capture.readouterr().out
        return self._text


@pytest.fixture
def output(capsys: pytest.CaptureFixture[str]) -> Iterator[Output]:
    """The configuration of the logs is undone after the test."""
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    yield Output(capsys)
    for handler in list(root.handlers):
        root.removeHandler(handler)
    for handler in before:
        root.addHandler(handler)
    root.setLevel(level)
    structlog.reset_defaults()
    for name in ("aiokafka", "faust", "mode", "uvicorn.access", "httpx", "httpcore", "pebble"):
        logging.getLogger(name).setLevel(logging.NOTSET)


def lines_of(output: Output) -> list[dict[str, Any]]:
    return [json.loads(line) for line in output.getvalue().splitlines()]


def test_a_line_is_one_json_object_with_who_when_and_what(output: Output) -> None:
    configure_logs(LogSettings(), process="detect")
    get_logger("processors.detect").info("image_analyzed", took_ms=48.5)
    [line] = lines_of(output)
    assert datetime.fromisoformat(line.pop("timestamp")).utcoffset() is not None
    assert line == {
        "event": "image_analyzed",
        "level": "info",
        "module": "processors.detect",
        "process": "detect",
        "took_ms": 48.5,
    }


def test_a_library_speaks_in_the_same_form(output: Output) -> None:
    configure_logs(LogSettings(), process="api")
    logging.getLogger("uvicorn.error").warning("shutting down %s", "now")
    [line] = lines_of(output)
    assert (line["event"], line["level"]) == ("shutting down now", "warning")
    assert (line["module"], line["process"]) == ("uvicorn.error", "api")


def test_what_is_bound_at_the_edge_is_in_every_line_of_that_work(output: Output) -> None:
    configure_logs(LogSettings(), process="api")
    with bound_contextvars(request_id="42", trace_id="abc"):
        get_logger("here").info("inside")
        logging.getLogger("library").warning("inside too")
    get_logger("here").info("outside")
    inside, library, outside = lines_of(output)
    assert (inside["request_id"], library["trace_id"]) == ("42", "abc")
    assert "request_id" not in outside


@pytest.mark.parametrize("form", ["json", "text"])
def test_nobodys_text_begins_a_line_or_colours_a_terminal(output: Output, form: str) -> None:
    configure_logs(LogSettings.model_validate({"format": form}), process="api")
    evil = 'x\r\n{"event": "forged"}\x1b[31m\u2028'
    get_logger("here").info("refused", name=evil)
    logging.getLogger("library").warning("refused %s", evil)
    text = output.getvalue()
    assert len(text.splitlines()) == 2
    assert "\x1b[31m" not in text
    assert "\r" not in text


@pytest.mark.parametrize("form", ["json", "text"])
def test_an_exception_is_written_with_its_traceback(output: Output, form: str) -> None:
    configure_logs(LogSettings.model_validate({"format": form}), process="api")
    try:
        _ = 1 // 0
    except ZeroDivisionError:
        get_logger("here").exception("failed")
        logging.getLogger("library").exception("failed")
    assert output.getvalue().count("ZeroDivisionError: integer") == 2
    if form == "json":
        assert all("Traceback" in line["exception"] for line in lines_of(output))


def test_below_the_level_nothing_is_written_and_chatty_libraries_stay_quiet(
    output: Output,
) -> None:
    configure_logs(LogSettings(level="info"), process="api")
    get_logger("here").debug("detail")
    logging.getLogger("library").debug("detail")
    for name in ("aiokafka.conn", "faust.app", "httpx", "uvicorn.access"):
        logging.getLogger(name).info("chatter")
    assert output.getvalue() == ""
    logging.getLogger("faust.app").warning("trouble")
    assert len(lines_of(output)) == 1


def test_configured_twice_each_line_is_written_once(output: Output) -> None:
    for _ in range(2):
        configure_logs(LogSettings(), process="api")
    logging.getLogger("library").warning("once")
    assert len(lines_of(output)) == 1


def test_a_broker_that_is_gone_does_not_fill_the_log(output: Output) -> None:
    configure_logs(LogSettings(), process="api")
    for number in range(90):
        logging.getLogger("aiokafka.conn").error("Unable connect to node with id %s", number)
        logging.getLogger("aiokafka").error("Unable to update metadata from %s", [number])
        logging.getLogger("uvicorn.error").error("another of ours")
    events = [line["event"] for line in lines_of(output)]
    assert events.count("another of ours") == 90
    assert sorted(set(events) - {"another of ours"}) == [
        "Unable connect to node with id 0",
        "Unable to update metadata from [0]",
    ]
    assert len(events) == 92


def at(moment: float, template: str, name: str = "aiokafka.client") -> logging.LogRecord:
    record = logging.LogRecord(name, logging.ERROR, "", 0, template, (), None)
    record.created = moment
    return record


def test_a_template_is_written_again_after_a_while() -> None:
    repeats = RepeatFilter("aiokafka", every_s=10)
    said = [repeats.filter(at(moment, "gone")) for moment in (1000, 1005, 1009.9, 1010, 1015)]
    assert said == [True, False, False, True, False]
    assert repeats.filter(at(1011, "another"))
    assert repeats.filter(at(1011.1, "gone", name="aiokafkaesque"))


def test_many_templates_take_no_memory() -> None:
    repeats = RepeatFilter("aiokafka")
    for number in range(10_000):
        assert repeats.filter(at(1000, f"template {number}"))
    assert len(repeats._last) <= 201


def test_an_unknown_setting_is_an_error() -> None:
    with pytest.raises(ValueError, match="Extra inputs"):
        LogSettings.model_validate({"levle": "info"})
