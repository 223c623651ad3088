"""The ledger survives its writer, and knows what is still open."""

from pathlib import Path

from tests.faults.ledger import Answered, Ledger, Sent, read_ledger

SENT = Sent(7, "left", "op-7", "upload", "sha", 1.0, 1.1)


def test_what_was_sent_is_in_the_file_before_there_is_an_answer(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger.jsonl")
    ledger.sent(SENT)
    (operation,) = read_ledger(tmp_path / "ledger.jsonl")
    ledger.close()
    assert operation.first == SENT
    assert operation.outcome == "info"


def test_the_file_says_the_same_as_the_ledger(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger.jsonl")
    ledger.sent(SENT)
    ledger.answered(Answered(7, 2.0, "info", 0, ""))
    ledger.sent(SENT)
    ledger.answered(Answered(7, 3.0, "ok", 202, "an id"))
    ledger.close()
    assert read_ledger(tmp_path / "ledger.jsonl") == ledger.operations


def test_a_repeat_settles_what_was_open(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger.jsonl")
    ledger.sent(SENT)
    ledger.answered(Answered(7, 2.0, "info", 503, ""))
    assert [one.first.op_id for one in ledger.with_outcome("info")] == [7]
    ledger.sent(SENT)
    ledger.answered(Answered(7, 3.0, "ok", 202, "an id"))
    (settled,) = ledger.with_outcome("ok")
    ledger.close()
    assert settled.accepted_at == 3.0
    assert settled.ids == {"an id"}


def test_two_ids_for_one_key_are_both_remembered(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger.jsonl")
    for name in ("one", "another"):
        ledger.sent(SENT)
        ledger.answered(Answered(7, 2.0, "ok", 202, name))
    ledger.close()
    assert ledger.operations[0].ids == {"one", "another"}


def test_a_refusal_is_final_and_a_repeat_under_way_opens_it_again(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger.jsonl")
    ledger.sent(SENT)
    ledger.answered(Answered(7, 2.0, "fail", 422, ""))
    assert len(ledger.with_outcome("fail")) == 1
    ledger.sent(SENT)
    assert len(ledger.with_outcome("info")) == 1
    ledger.close()
