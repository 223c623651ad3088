"""Work goes on in the trace that the record brought; a batch is linked to what is in it."""

from datetime import timedelta

from processors.announce_again import AnnounceAgain
from processors.record import RecordOutcome
from processors.work_spans import WorkSpans
from telemetry.traces import current_trace
from tests.support.events import TRACEPARENT, image_analyzed, image_submitted, record_of
from tests.support.kept_spans import KeptSpans
from tests.unit.processors.bench import NOW, Bench
from topics.catalog import IMAGE_ANALYZED
from topics.codec import decode
from topics.records import Record
from topics.tracing import trace_in


async def test_a_record_is_worked_below_its_sending() -> None:
    kept = KeptSpans()
    record = record_of(image_submitted())

    async def settle(worked: Record) -> str:
        assert worked is record
        here = current_trace()
        assert here is not None
        assert here == kept.spans[0].trace
        return "done"

    await WorkSpans("detector", tracer=kept.tracer).around(record, settle)
    (span,) = kept.spans
    assert span.under == trace_in(record)
    assert (span.kind, span.error, span.has_ended) == ("consumer", None, True)
    assert span.attributes["analyzer.outcome"] == "done"


async def test_what_is_set_aside_is_an_error_of_its_span() -> None:
    kept = KeptSpans()

    async def settle(_: Record) -> str:
        return "invalid"

    await WorkSpans(tracer=kept.tracer).around(record_of(image_submitted()), settle)
    assert kept.spans[0].error == "invalid"


async def test_what_was_lost_is_announced_in_the_trace_of_its_acceptance(bench: Bench) -> None:
    kept, request = KeptSpans(), image_submitted()
    await bench.analyses.accept(request, traceparent=TRACEPARENT)
    await bench.analyses.request_cancel(request.tenant_id, request.request_id, NOW)
    late = NOW + timedelta(hours=1)
    (lost,) = await bench.analyses.find_unannounced(late, 10)
    (asked,) = await bench.analyses.find_unannounced_cancels(late, late, 10)
    again = AnnounceAgain(bench.publisher, tracer=kept.tracer)
    await again.request(lost)
    await again.cancel(asked)
    for record in bench.log.in_order:
        here = trace_in(record)
        assert here is not None
        assert here.trace_id == TRACEPARENT[3:35]
    assert [span.name for span in kept.spans] == [
        "announce again", "send image-submitted", "announce again", "send cancel-requested",
    ]  # fmt: skip


async def test_a_batch_is_linked_to_each_record_in_it(bench: Bench) -> None:
    kept, event = KeptSpans(), image_analyzed()
    await bench.analyses.accept(image_submitted())
    record = RecordOutcome(bench.analyses, tracer=kept.tracer)
    envelope = decode(record_of(event), IMAGE_ANALYZED)

    async def settle(_: Record) -> str:
        await record(envelope)
        return "done"

    await WorkSpans(tracer=kept.tracer).around(record_of(event), settle)
    message, batch = kept.one("process image-analyzed"), kept.one("record")
    assert batch.links == (message.trace,)
    assert batch.under is None
    assert batch.attributes == {"messaging.batch.message_count": 1}
