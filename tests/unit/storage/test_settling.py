"""Which outcome stands."""

from datetime import timedelta
from itertools import permutations

from schemas.events import ImageAnalyzed
from storage.ports import Completed, Failed, Pending
from storage.settling import Fact, one_fact_each, settled
from tests.contract.storage.examples import NOON, analyzed, failed, url_request

LATER = NOON + timedelta(hours=1)


def test_one_fact_for_each_request_in_the_order_of_keys() -> None:
    requests = [url_request(tenant) for tenant in ("zeta", "acme", "acme", "globex")]
    facts: list[Fact] = [failed(each) for each in requests]
    facts += [analyzed(requests[0]), failed(requests[0])]
    for order in permutations(facts):
        chosen = one_fact_each(order)
        assert [fact.key for fact in chosen] == sorted(request.key for request in requests)
        assert [fact.tenant_id for fact in chosen if isinstance(fact, ImageAnalyzed)] == ["zeta"]


def test_pending_takes_what_comes() -> None:
    request = url_request()
    assert isinstance(settled(Pending(), failed(request), NOON), Failed)
    assert isinstance(settled(Pending(), analyzed(request), NOON), Completed)


def test_only_a_result_replaces_a_failure_and_nothing_a_result() -> None:
    request = url_request()
    failure = settled(Pending(), failed(request), NOON)
    result = settled(failure, analyzed(request), LATER)
    assert isinstance(result, Completed)
    assert settled(failure, failed(request, message="later"), LATER) is failure
    assert settled(result, analyzed(request), LATER + timedelta(1)) is result
    assert settled(result, failed(request), LATER) is result
