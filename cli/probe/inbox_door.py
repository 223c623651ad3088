"""The door of outside producers: the picture into the bucket, a record into the inbox."""

from dataclasses import dataclass

from uuid_utils.compat import uuid7

from cli.outside_producer import OutsideProducer
from cli.probe.api import ProbeApi
from cli.probe.finding import Door, UnreachableError, WrongAnswerError
from schemas.result import AnalysisResult
from storage.errors import StorageError
from storage.settings import BucketSettings
from telemetry.traces import TraceContext
from topics.errors import BrokerRefusesError, LogUnavailableError


@dataclass(frozen=True, slots=True)
class InboxDoor:
    """The outcome is asked of the API. To connect to the bucket and the broker, and to ask for our
    rights there, is part of the time that it takes."""

    api: ProbeApi
    content: bytes
    producer: OutsideProducer
    bucket: BucketSettings
    name: Door = "inbox"

    async def send(self, trace: TraceContext) -> AnalysisResult:
        request_id = uuid7()
        try:
            event = await self.producer.put(self.bucket, self.content, request_id=request_id)
            await self.producer.send(event, traceparent=trace.traceparent)
        except BrokerRefusesError as error:
            raise WrongAnswerError(str(error)) from error
        except (LogUnavailableError, StorageError) as error:
            raise UnreachableError(str(error)) from error
        headers = {"traceparent": trace.traceparent}
        return await self.api.outcome(request_id, headers, may_be_unknown=True)
