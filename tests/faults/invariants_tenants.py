"""Who may see what, whatever fails: I7 and I8 of the reliability page."""

from collections.abc import Iterator

from tests.faults.evidence import Allowance, Evidence, Violation


def nothing_crosses_tenants(evidence: Evidence, allowance: Allowance) -> Iterator[Violation]:
    """I7: no name and no id of another tenant in any byte that a tenant was sent."""
    del allowance
    for one in evidence.received:
        text = "\n".join(one.text)
        foreign = {
            *(row.request_id for row in evidence.rows if row.tenant != one.tenant),
            *(row.tenant for row in evidence.rows if row.tenant != one.tenant),
        }
        found = sorted(canary for canary in foreign if canary in text)
        if found:
            yield Violation("I7", f"{one.tenant} was sent {len(found)} of others: {found[:3]}")


def nobody_gets_in(evidence: Evidence, allowance: Allowance) -> Iterator[Violation]:
    """I8: a wrong key is refused by whatever is left; no answer is one that can never be right."""
    del allowance
    if evidence.intruders_let_in:
        yield Violation("I8", f"{evidence.intruders_let_in} requests with a wrong key were served")
    for one in evidence.received:
        if one.wrong:
            yield Violation("I8", f"{one.tenant}: {len(one.wrong)} wrong answers: {one.wrong[:2]}")
