"""Record by record: validate, judge, do the effect, remember; then commit, never before."""

import asyncio
import json
import sys
import time
from collections import Counter
from typing import Any

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import CommitFailedError, IllegalStateError

from .contract import Contract, InvalidRecordError, Outcome
from .outcomes import Outcomes, Verdict
from .settings import Settings
from .trace import continued

_POLL_MS = 200


class Reader:
    """The effect of this example is one line of JSON on standard output."""

    def __init__(self, settings: Settings, contract: Contract, outcomes: Outcomes) -> None:
        self._settings = settings
        self._contract = contract
        self._outcomes = outcomes
        self.counts: Counter[str] = Counter()

    async def read(self, consumer: AIOKafkaConsumer, stop: asyncio.Event) -> None:
        """Until `stop` is set, enough is accepted or nothing comes any more."""
        heard_at = time.monotonic()
        while not (stop.is_set() or self._has_enough() or self._is_idle(heard_at)):
            batches = await consumer.getmany(timeout_ms=_POLL_MS, max_records=500)
            if batches:
                await self._commit(consumer, self._work(batches))
                heard_at = time.monotonic()

    def _work(
        self, batches: dict[TopicPartition, list[ConsumerRecord[Any, Any]]]
    ) -> dict[TopicPartition, int]:
        """The offset after the last record that is done, by partition."""
        done: dict[TopicPartition, int] = {}
        for place, records in batches.items():
            for record in records:
                if self._has_enough():
                    return done
                self._handle(record)
                done[place] = record.offset + 1
        return done

    def _handle(self, record: ConsumerRecord[Any, Any]) -> None:
        where = {"topic": record.topic, "partition": record.partition, "offset": record.offset}
        try:
            outcome = self._contract.read(record.topic, record.key, record.value, record.headers)
        except InvalidRecordError as error:
            # Here is the place for a dead-letter store of your own: nobody else keeps this one.
            self.counts["invalid"] += 1
            say(event="invalid_record", reason=error.reason, detail=str(error), **where)
            return
        verdict = self._outcomes.judge(outcome)
        self.counts[verdict.value] += 1
        if verdict is Verdict.NEW:
            _print(self._line(outcome) | where)
            self._outcomes.remember(outcome)

    def _line(self, outcome: Outcome) -> dict[str, Any]:
        body = outcome.body
        line: dict[str, Any] = {
            "outcome": "result" if outcome.is_result else "failure",
            "ce_id": outcome.event_id,
            "request": outcome.request,
            "traceparent": continued(outcome.traceparent),
        }
        if outcome.is_result:
            objects = [found["name"] for found in body["result"]["detected_objects"]]
            replaces = self._outcomes.replaces_failure(outcome)
            return line | {"objects": objects, "replaces_failure": replaces}
        # Codes may be added at any time: `retryable` is what to act on, the code is for people.
        return line | {"code": body["code"], "retryable": body["retryable"]}

    async def _commit(self, consumer: AIOKafkaConsumer, done: dict[TopicPartition, int]) -> None:
        try:
            await consumer.commit(done)
        except (CommitFailedError, IllegalStateError) as error:
            # The partitions went to another member, which reads these records again: repeats.
            say(event="commit_refused", detail=str(error))

    def _has_enough(self) -> bool:
        count = self._settings.count
        return count is not None and self.counts[Verdict.NEW.value] >= count

    def _is_idle(self, heard_at: float) -> bool:
        timeout_s = self._settings.idle_timeout_s
        return timeout_s is not None and time.monotonic() - heard_at >= timeout_s


def say(**words: Any) -> None:
    """What is not an outcome goes to standard error."""
    sys.stderr.write(json.dumps(words) + "\n")


def _print(line: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()  # only what has left this process is done
