"""One set of children, from its start to its end. A set that broke is replaced, never mended."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial

from pebble import ProcessExpired, ProcessPool

from processors.detectors.child_calls import greet, run_item, start_child
from processors.detectors.child_messages import ChildPlan, Greeting, Reply
from processors.detectors.fork_context import ChildContext
from processors.detectors.found import Selection
from processors.detectors.port import DetectorCrashedError, DetectorStartError
from telemetry.logs import get_logger

_log = get_logger(__name__)
_LINGER_S = 0.02
_START_TIMEOUT_S = 30.0


class Generation:
    """A pebble pool, all of whose children have loaded their model before `start` returns.

    Pebble replaces a child that dies at work. When one dies idle it gives up altogether: then
    `is_usable` turns false, and what was handed in may stay unanswered until `give_up`. That holds
    for a child that ends after its share of items too, so none does: a whole set is worn together.
    """

    def __init__(self, plan: ChildPlan, *, children: int) -> None:
        self._plan = plan
        self._children = children
        self._unanswered: dict[asyncio.Future[Reply], Callable[[], None]] = {}
        self._items = 0
        self._pool = ProcessPool(
            max_workers=children,
            initializer=start_child,
            initargs=(plan,),
            context=ChildContext(),
        )

    async def start(self) -> None:
        """Raise DetectorStartError when a child cannot work or not all of them come up."""
        try:
            async with asyncio.timeout(_START_TIMEOUT_S):
                await self._greet_all()
        except BaseException as error:
            await self.stop()
            if isinstance(error, DetectorStartError) or not isinstance(error, Exception):
                raise
            raise DetectorStartError(f"the detector's children do not start: {error!r}") from error

    @property
    def is_usable(self) -> bool:
        return bool(self._pool.active)

    @property
    def is_worn(self) -> bool:
        """The children have had their share of items, on average."""
        return self._items >= self._plan.limits.max_items * self._children

    def run(
        self, image: bytes, selection: Selection, model: str, *, when_settled: Callable[[], None]
    ) -> "asyncio.Future[Reply]":
        """Hand in one item; the answer may be DetectorCrashedError.

        `when_settled` is called once, when the children are done with it, even if nobody waits for
        the answer any more. (To cancel pebble's future would kill the child: it is left to end.)
        Raise DetectorCrashedError when the set is broken.
        """
        loop = asyncio.get_running_loop()
        try:
            future: Future[Reply] = self._pool.schedule(
                run_item, (image, selection, model), timeout=self._plan.limits.deadline_s
            )
        except RuntimeError as error:
            raise DetectorCrashedError("the children broke down") from error
        self._items += 1
        answer: asyncio.Future[Reply] = loop.create_future()
        self._unanswered[answer] = when_settled
        future.add_done_callback(
            lambda done: loop.call_soon_threadsafe(partial(self._settle, answer, done))
        )
        return answer

    def give_up(self, reason: str) -> None:
        """Answer all that is unanswered with DetectorCrashedError."""
        for answer, when_settled in self._unanswered.items():
            when_settled()
            if not answer.done():
                answer.set_exception(DetectorCrashedError(reason))
        self._unanswered.clear()

    async def retire(self) -> None:
        """Let the work in hand finish, then end the children."""
        self._pool.close()
        await asyncio.to_thread(self._pool.join)

    async def stop(self) -> None:
        """End the children now."""
        self.give_up("the children are stopped")
        self._pool.stop()
        await asyncio.to_thread(self._pool.join)

    def _settle(self, answer: "asyncio.Future[Reply]", done: "Future[Reply]") -> None:
        when_settled = self._unanswered.pop(answer, None)
        if when_settled is None:
            return
        when_settled()
        if answer.done():
            return
        error = done.exception()
        if error is None:
            answer.set_result(done.result())
        else:
            answer.set_exception(self._explain(error))

    def _explain(self, error: BaseException) -> DetectorCrashedError:
        if isinstance(error, ProcessExpired):
            return _caused(error, f"the child died with exit code {error.exitcode}")
        if isinstance(error, TimeoutError):
            return _caused(error, f"over the deadline of {self._plan.limits.deadline_s:g} s")
        return _caused(error, f"the children broke down: {error!r}")

    async def _greet_all(self) -> None:
        greeted: set[int] = set()
        while len(greeted) < self._children:
            missing = self._children - len(greeted)
            for future in await asyncio.to_thread(self._send_greetings, missing):
                greeting = await asyncio.wrap_future(future)
                if greeting.trouble:
                    raise DetectorStartError(f"a detector child cannot work: {greeting.trouble}")
                if not greeting.is_confined:
                    _log.warning("detector_child_unconfined", pid=greeting.pid)
                greeted.add(greeting.pid)

    def _send_greetings(self, number: int) -> "list[Future[Greeting]]":
        return [self._pool.schedule(greet, (_LINGER_S,)) for _ in range(number)]


def _caused(cause: BaseException, message: str) -> DetectorCrashedError:
    error = DetectorCrashedError(message)
    error.__cause__ = cause
    return error
