"""The hostile corpus at the door: refused by its structure, or taken for a child to look at."""

import httpx
import pytest

from tests.support.hostile_corpus import CORPUS
from tests.unit.ingest_api.problems import problem_of
from tests.unit.ingest_api.twin_api import ASYNC, TwinApi

UPLOAD = "/api/v1/analyze/upload"


@pytest.mark.parametrize("name", CORPUS)
async def test_each_is_refused_or_taken_as_the_table_says(
    api: TwinApi, client: httpx.AsyncClient, name: str
) -> None:
    picture = CORPUS[name].build()
    answer = await client.post(UPLOAD, files={"image": picture}, headers=ASYNC)
    code = CORPUS[name].at_the_door
    if code is None:
        assert answer.status_code == 202
        return
    problem_of(answer, 422, code)
    assert api.is_empty
