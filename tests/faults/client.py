"""One client of one tenant: sends operations, reads results, and keeps every byte it was sent."""

import hashlib
import time
from dataclasses import dataclass, field
from typing import Any, Literal

import httpx

from storage.key_format import mint_api_key
from tests.faults.ledger import Answered, Ledger, Outcome, Sent
from tests.faults.pictures import number_of, picture_of

_PATIENCE_S = 15.0


@dataclass(frozen=True, slots=True)
class Refused:
    """An answer 429 or 503, and whether it said when to come back."""

    op_id: int
    status: int
    has_retry_after: bool


@dataclass(slots=True)
class Heard:
    """What came back, for the checks that need more than the ledger keeps."""

    text: list[str] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    replayed: list[int] = field(default_factory=list)


class TenantClient:
    """`heard.wrong` names every answer that can never be right: a result of another picture, a
    status that no failure of a server explains."""

    def __init__(
        self, base_url: str, *, tenant: str, api_key: str, ledger: Ledger, pictures_url: str
    ) -> None:
        self.tenant = tenant
        self.heard = Heard()
        self._ledger = ledger
        self._pictures_url = pictures_url
        self._http = httpx.AsyncClient(
            base_url=base_url,
            headers={"Authorization": f"Bearer {api_key}"},
            timeout=httpx.Timeout(_PATIENCE_S),
            limits=httpx.Limits(max_connections=300, max_keepalive_connections=20),
            trust_env=False,
        )

    async def aclose(self) -> None:
        await self._http.aclose()

    async def send(
        self,
        number: int,
        kind: Literal["upload", "url"],
        *,
        t_intended: float | None = None,
        prefer: str = "respond-async",
        patience_s: float = _PATIENCE_S,
    ) -> Outcome:
        """One attempt; another one for the same number has the same key and the same bytes. Past
        its patience the client hangs up."""
        sent = Sent(
            op_id=number, tenant=self.tenant, key=f"op-{number}", kind=kind,
            sha256=hashlib.sha256(picture_of(number)).hexdigest(),
            t_intended=t_intended or time.time(), t_sent=time.time(),
        )  # fmt: skip
        self._ledger.sent(sent)
        headers = {"Idempotency-Key": sent.key, "Prefer": prefer}
        try:
            answer = await self._post(number, kind, headers, patience_s)
        except httpx.HTTPError as error:
            entry = Answered(number, time.time(), "info", 0, "")
            self.heard.text.append(repr(error))
        else:
            entry = self._judge(number, answer)
        self._ledger.answered(entry)
        return entry.outcome

    async def read(self, number: int, request_id: str, *, is_ours: bool) -> str | None:
        """The state, None when there was no answer or a server is away."""
        try:
            answer = await self._http.get(f"/api/v1/analyses/{request_id}")
        except httpx.HTTPError:
            return None
        self.heard.text.append(answer.text)
        if answer.status_code in {429, 503}:
            self._note_refusal(number, answer)
            return None
        if not is_ours:
            self._expect(answer.status_code == 404, f"foreign {request_id}: {answer.status_code}")
            return None
        if answer.status_code != 200:
            said = f"{answer.status_code} {answer.text[:200]}"
            self.heard.wrong.append(f"GET of {request_id}: {said}")
            return None
        view = answer.json()
        if view["result"] is not None:
            self._compare(number, view["result"])
        return str(view["state"])

    async def intrude(self, request_id: str) -> bool:
        """Whether somebody with a key that was never made is shown a result."""
        wrong = {"Authorization": f"Bearer {mint_api_key()}"}
        try:
            answer = await self._http.get(f"/api/v1/analyses/{request_id}", headers=wrong)
        except httpx.HTTPError:
            return False
        return answer.status_code < 400

    async def _post(
        self, number: int, kind: str, headers: dict[str, str], patience_s: float
    ) -> httpx.Response:
        if kind == "url":
            body = {"image_url": f"{self._pictures_url}/{number}.png"}
            return await self._http.post(
                "/api/v1/analyze/url", json=body, headers=headers, timeout=patience_s
            )
        files = {"image": ("picture.png", picture_of(number), "image/png")}
        return await self._http.post(
            "/api/v1/analyze/upload", files=files, headers=headers, timeout=patience_s
        )

    def _judge(self, number: int, answer: httpx.Response) -> Answered:
        """Whatever names a request has accepted it, an analysis that failed meanwhile too."""
        self.heard.text.append(answer.text)
        status = answer.status_code
        if status in {429, 503}:
            self._note_refusal(number, answer)
        if answer.headers.get("idempotency-replayed") == "true":
            self.heard.replayed.append(number)
        is_json = "json" in answer.headers.get("content-type", "")
        body = answer.json() if is_json else {}
        request_id = str(body.get("request_id") or "")
        if "detected_objects" in body:
            self._compare(number, body)
        is_right = status in _EXPLAINED or bool(request_id)
        self._expect(is_right, f"operation {number}: {status} {answer.text[:300]}")
        outcome: Outcome = "ok" if request_id else "info" if _is_open(status) else "fail"
        return Answered(number, time.time(), outcome, status, request_id)

    def _compare(self, number: int, result: dict[str, Any]) -> None:
        found = [number_of_object(one) for one in result["detected_objects"]]
        self._expect(found == [number], f"operation {number} was answered with {found}")

    def _note_refusal(self, number: int, answer: httpx.Response) -> None:
        has_retry_after = answer.headers.get("retry-after", "").isdigit()
        self.heard.refused.append(Refused(number, answer.status_code, has_retry_after))

    def _expect(self, is_right: bool, otherwise: str) -> None:
        if not is_right:
            self.heard.wrong.append(otherwise)


_EXPLAINED = frozenset({200, 202, 409, 429, 503})


def _is_open(status: int) -> bool:
    """429 is no by its meaning, 409 says that the first attempt is still in work."""
    return status >= 500 or status == 409


def number_of_object(found: dict[str, Any]) -> int:
    """The number that the grid detector put into an object of a result."""
    box = found["bounding_box"]
    return number_of((box["x"], box["y"], box["width"], box["height"]))
