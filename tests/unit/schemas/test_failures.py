"""Codes of failures: the known ones are closed for whoever writes, open for whoever reads."""

import pytest
from pydantic import ValidationError

from schemas.events import AnalysisFailed
from schemas.failures import FailureCode
from tests.support.events import analysis_failed


def test_a_code_of_a_newer_version_is_read_and_written_as_it_came() -> None:
    written = analysis_failed().to_json().replace(b"image_undecodable", b"lens_cap_on")
    read = AnalysisFailed.read(written)
    assert read.code == "lens_cap_on"
    assert read.code not in set(FailureCode)
    assert read.to_json() == written
    assert FailureCode("lens_cap_on") == read.code


@pytest.mark.parametrize("code", ["", "Lens Cap", "x" * 65, "1st", "é"])
def test_what_no_version_would_call_a_code_is_refused(code: str) -> None:
    written = analysis_failed().to_json().replace(b"image_undecodable", code.encode())
    with pytest.raises(ValidationError):
        AnalysisFailed.read(written)
