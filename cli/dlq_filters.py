"""Which dead letters the operator means."""

import re
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from cli.exit_codes import ConfigurationError
from cli.since import to_moment
from storage.letter_book import LetterPlace
from topics.catalog import DEAD_LETTERS, Topic
from topics.letters import DeadLetter

_PLACE = re.compile(r"([a-z-]+-dlq)\[([0-9]{1,6})\]@([0-9]{1,18})")


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterFilter:
    """What is not said is not asked for. `places` are all that is looked at when there are any."""

    places: frozenset[LetterPlace] = frozenset()
    topic: str | None = None
    reason: str | None = None
    tenant_id: str | None = None
    request_id: UUID | None = None
    since: datetime | None = None

    @property
    def chooses(self) -> bool:
        """Whether it means anything less than all there are."""
        return self != LetterFilter()

    @property
    def topics(self) -> tuple[Topic, ...]:
        names = {place[0] for place in self.places} or ({self.topic} if self.topic else set())
        return tuple(topic for topic in DEAD_LETTERS if not names or topic.name in names)

    def takes(self, letter: DeadLetter) -> bool:
        return (
            (not self.places or letter.place in self.places)
            and self.topic in {None, letter.record.topic}
            and self.reason in {None, letter.about("reason")}
            and self.tenant_id in {None, letter.tenant_id}
            and self.request_id in {None, letter.request_id}
            and (self.since is None or letter.failed_at >= self.since)
        )


def to_filter(
    places: tuple[str, ...],
    *,
    topic: str | None,
    reason: str | None,
    tenant: str | None,
    request: UUID | None,
    since: str | None,
) -> LetterFilter:
    """Raises ConfigurationError for what names nothing."""
    return LetterFilter(
        places=frozenset(to_place(text) for text in places),
        topic=None if topic is None else _letters_of(topic),
        reason=reason,
        tenant_id=tenant,
        request_id=request,
        since=None if since is None else to_moment(since),
    )


def to_place(text: str) -> LetterPlace:
    """`image-submitted-dlq[0]@17`, as `dlq list` prints it."""
    found = _PLACE.fullmatch(text)
    if found is None:
        raise ConfigurationError(
            f"{text}: not a place; `dlq list` prints them: image-submitted-dlq[0]@17"
        )
    return _letters_of(found[1]), int(found[2]), int(found[3])


def _letters_of(name: str) -> str:
    """The dead-letter topic itself, or of the topic that is named."""
    known = [topic.name for topic in DEAD_LETTERS]
    wanted = name if name.endswith("-dlq") else f"{name}-dlq"
    if wanted not in known:
        raise ConfigurationError(f"{name}: has no dead letters; there are {', '.join(known)}")
    return wanted
