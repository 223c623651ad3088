"""Losses and duplicates are found when there are some."""

from benchmarks.load_figures import LoadSeen
from benchmarks.reckoning import count_promises
from benchmarks.result_log import LoggedResult, ResultLog


def seen(answered: list[str], promised: list[str]) -> LoadSeen:
    return LoadSeen(
        seconds=1.0, images_per_s=1.0, finished=1, taken=1, latency=None,
        statuses={"200": len(answered), "202": len(promised), "503": 2},
        errors={"TimeoutError": 1}, answered=answered, promised=promised,
    )  # fmt: skip


def log(*results: tuple[str, str]) -> ResultLog:
    return ResultLog(tuple(LoggedResult(*one) for one in results), dead_letters=0)


def test_all_is_well() -> None:
    states = {"a": "completed", "b": "completed", "c": "failed"}

    counted = count_promises([seen(["a"], ["b", "c"])], states, log(("a", "1"), ("b", "2")))

    assert (counted.answered, counted.promised, counted.failures) == (1, 2, 3)
    assert (counted.completed, counted.other_outcomes, counted.unfinished) == (2, 1, 0)
    assert (counted.lost, counted.twice, counted.contradicted, counted.unannounced) == (0, 0, 0, 0)


def test_an_answer_without_its_row_and_a_promise_without_an_outcome_are_lost() -> None:
    states = {"b": "accepted"}

    counted = count_promises([seen(["a"], ["b", "c"])], states, log(("a", "1")))

    assert counted.lost == 3
    assert counted.unfinished == 1


def test_repeats_contradictions_and_silence_in_the_log() -> None:
    states = {"a": "completed", "b": "completed"}

    counted = count_promises(
        [seen(["a", "b"], [])], states, log(("a", "1"), ("a", "1"), ("a", "2"))
    )

    assert (counted.twice, counted.contradicted, counted.unannounced) == (1, 1, 1)
