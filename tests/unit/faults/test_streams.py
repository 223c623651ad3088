"""What a listener makes of frames."""

from tests.faults.streams import Farewell, Listener, Told


def listener() -> Listener:
    made = Listener("http://127.0.0.1:1", "left", "a key")
    made.connections = 2
    return made


def test_an_outcome_is_remembered_with_its_connection() -> None:
    heard = listener()
    heard.take({"event": "image-analyzed", "id": "7", "data": '{"request_id": "one"}'})
    assert heard.told == [Told(2, "image-analyzed", "one")]
    assert heard.last_event_id == "7"


def test_a_ping_moves_the_id_and_tells_nothing() -> None:
    heard = listener()
    heard.take({"": "ping", "id": "8"})
    assert (heard.told, heard.last_event_id) == ([], "8")


def test_a_gap_and_a_farewell_are_told_apart() -> None:
    heard = listener()
    heard.take({"event": "connected", "data": "{}"})
    heard.take({"event": "gap", "data": '{"reason": "other_log", "link": "/somewhere"}'})
    heard.take({"event": "server-draining", "retry": "900", "data": "{}"})
    assert heard.gaps == ["other_log"]
    assert heard.farewells == [Farewell("server-draining", 900)]
