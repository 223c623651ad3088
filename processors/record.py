"""image-analyzed, analysis-failed -> record -> Postgres."""

from processors.coalesce import Coalescer
from processors.errors import HOLD_ERRORS
from schemas.events import AnalysisFailed, ImageAnalyzed
from storage.ports import AnalysisStore
from topics.codec import Envelope

_BATCH = 100


class RecordOutcome:
    """Writes outcomes into the record, in batches under load. Repeats and any order of the two
    topics end in the same row: the store keeps the rule that a result beats a failure."""

    def __init__(self, analyses: AnalysisStore) -> None:
        self._write: Coalescer[ImageAnalyzed | AnalysisFailed] = Coalescer(
            analyses.record, most=_BATCH, concern_all=HOLD_ERRORS
        )

    async def __call__(self, envelope: Envelope) -> None:
        event = envelope.event
        if not isinstance(event, ImageAnalyzed | AnalysisFailed):
            raise TypeError(f"expected an outcome, got {type(event).__name__}")
        await self._write(event)
