"""An inbox that the broker lets one tenant alone write needs no credential."""

import pytest

from tests.unit.processors.admission import SECRETS, Admission, admission, asked, inbox_record
from tests.unit.processors.bench import Bench
from topics.catalog import IMAGE_REQUESTED_INBOX, IMAGE_SUBMITTED_INBOX
from topics.errors import InvalidMessageError

BOUND = {IMAGE_REQUESTED_INBOX.name: "globex"}


@pytest.fixture
async def inbox(bench: Bench) -> Admission:
    return await admission(bench, bound=BOUND)


async def test_its_records_are_that_tenants(bench: Bench, inbox: Admission) -> None:
    event = asked()
    await inbox.take(inbox_record(event, "globex", credential=None))
    assert await bench.analyses.find("globex", event.request_id) is not None


async def test_a_credential_of_that_tenant_will_do(bench: Bench, inbox: Admission) -> None:
    event = asked()
    await inbox.take(inbox_record(event, "globex"))
    assert await bench.analyses.find("globex", event.request_id) is not None


@pytest.mark.parametrize("credential", [SECRETS["acme"], "nobody's"])
async def test_any_other_credential_is_refused(
    bench: Bench, inbox: Admission, credential: str
) -> None:
    with pytest.raises(InvalidMessageError, match="credential_invalid") as refused:
        await inbox.take(inbox_record(asked(), "globex", credential=credential))
    assert refused.value.tenant_id == ""
    assert not bench.log.in_order
    assert inbox.refused("unknown", "credential_invalid") == 1


async def test_a_record_that_names_another_tenant_is_refused_by_the_inbox_name(
    bench: Bench, inbox: Admission
) -> None:
    with pytest.raises(InvalidMessageError, match="key_mismatch") as refused:
        await inbox.take(inbox_record(asked(), "acme", credential=None))
    assert refused.value.tenant_id == "globex"
    assert inbox.refused(f"bound:{IMAGE_REQUESTED_INBOX.name}", "key_mismatch") == 1
    assert await bench.analyses.count_unfinished(10) == 0


async def test_the_other_inbox_is_bound_to_nobody(bench: Bench) -> None:
    inbox = await admission(bench, bound={IMAGE_SUBMITTED_INBOX.name: "globex"})
    with pytest.raises(InvalidMessageError, match="credential_missing"):
        await inbox.take(inbox_record(asked(), "globex", credential=None))
