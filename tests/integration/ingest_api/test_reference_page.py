"""The page of the HTTP API in a real browser: whole, and nothing of it from elsewhere."""

import os
from pathlib import Path

import pytest

from tests.integration.ingest_api.wire import edge_api
from tests.support.services.chromium import look_at
from tests.support.services.programs import NotInstalledError


def test_it_is_whole_and_asks_nobody_else(tmp_path: Path) -> None:
    with edge_api(tmp_path) as api:
        try:
            looked = look_at(f"{api.url}/docs", tmp_path)
        except NotInstalledError as error:
            if os.environ.get("CI") == "true":
                pytest.fail(str(error), pytrace=False)
            pytest.skip(str(error))
        assert "Analyze an uploaded picture" in looked.html
        assert "/api/v1/analyses/{request_id}/cancel" in looked.html.replace("\u200b", "")
        assert looked.complaints == (), "the policy for its contents lets all of it work"
        parts = ("docs", "docs/swagger-ui.css", "docs/swagger-ui.js", "openapi.json")
        assert looked.asked == {f"{api.url}/{part}" for part in parts}
