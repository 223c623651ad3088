"""On a broker that looks at names, each user can do what the table gives it and nothing else."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from secrets import token_hex

import pytest
from aiokafka import TopicPartition
from aiokafka.admin import NewTopic
from aiokafka.errors import GroupAuthorizationFailedError, TopicAuthorizationFailedError
from pydantic import SecretStr
from structlog.testing import capture_logs

from ingest_api.rights import TOPICS
from tests.integration.topics.conftest import started_publisher, started_tail
from tests.integration.topics.secured import as_user, consuming, encrypted, producing, variables_of
from tests.support.eventually import eventually
from tests.support.kafka_rules import set_rules
from tests.support.product_processes import ROOT
from tests.support.services.connections import KafkaServer
from tests.support.services.kafka_secured import SecuredKafka
from topics.access import PRINCIPALS, Principal, access_table
from topics.admin import create_topics, verify_presence, verify_to_start, verify_topics
from topics.broker_admin import broker_admin
from topics.catalog import ALL, IMAGE_ANALYZED, INBOXES, RESULTS
from topics.errors import BrokerRefusesError, LogUnavailableError
from topics.records import OutgoingRecord
from topics.rights import Rights, require_rights
from topics.settings import KafkaSettings

pytestmark = pytest.mark.kafka
NAMES = [topic.name for topic in ALL]
INBOX = INBOXES[0].name
EXTERNAL = "ext-shop"
GROUPS = sorted({group for topic in ALL for group in topic.groups} | {EXTERNAL, "shop", "ext"})


@pytest.fixture(scope="module")
def secured(kafka: KafkaServer) -> SecuredKafka:
    """With the topics of the catalog and the rules of the table; users may log in."""
    if not isinstance(kafka, SecuredKafka):
        pytest.skip("kafka runs elsewhere: its users and rules are not ours to make")
    everybody = KafkaSettings(bootstrap_servers=kafka.bootstrap_servers)
    asyncio.run(create_topics(everybody))
    asyncio.run(set_rules(kafka.bootstrap_servers, access_table()))
    return kafka


def bare_environment() -> dict[str, str]:
    """What every worker needs beside the broker; nothing of it is reached here."""
    kept = {name: text for name, text in os.environ.items() if not name.startswith("ANALYZER_")}
    return kept | {
        "ANALYZER_POSTGRES__DSN": "postgresql://nobody@127.0.0.1:1/nothing",
        "ANALYZER_BUCKET__ENDPOINT": "http://127.0.0.1:1",
        "ANALYZER_BUCKET__ACCESS_KEY": "none",
        "ANALYZER_BUCKET__SECRET_KEY": "a secret that nobody asks for",
    }


@pytest.mark.parametrize(
    "principal", [*PRINCIPALS, Principal("stranger")], ids=lambda principal: principal.name
)
async def test_each_user_may_do_what_the_table_gives_it_and_nothing_else(
    secured: SecuredKafka, principal: Principal
) -> None:
    settings = as_user(secured, principal.name)
    given = {
        "Read": {topic.name for topic in principal.reads},
        "Write": {topic.name for topic in principal.writes},
        "join": set(principal.joins) | ({EXTERNAL} if principal.joins_prefix else set()),
    }
    seen = (*principal.describes, *principal.verifies)
    given["Describe"] = given["Read"] | given["Write"] | {topic.name for topic in seen}
    await require_rights(
        settings,
        Rights(
            describe=given["Describe"], read=given["Read"], write=given["Write"],
            groups=given["join"],
        ),
    )  # fmt: skip
    with pytest.raises(BrokerRefusesError) as refused:
        await require_rights(
            settings, Rights(describe=NAMES, read=NAMES, write=NAMES, groups=GROUPS)
        )
    assert _refused_in(str(refused.value)) == {
        *((operation, "topic", name) for operation in ("Describe", "Read", "Write")
          for name in set(NAMES) - given[operation]),
        *(("Read", "group", name) for name in set(GROUPS) - given["join"]),
    }  # fmt: skip


def _refused_in(text: str) -> set[tuple[str, str, str]]:
    found = set()
    for clause in text.split("; "):
        operation, names = clause.partition(" may not ")[2].split(" ", 1)
        for named in names.split(", "):
            kind, name = named.split()
            found.add((operation, kind, name.strip("'")))
    return found


async def test_an_outside_producer_writes_an_inbox_and_nothing_else(secured: SecuredKafka) -> None:
    async with producing(as_user(secured, "producer")) as producer:
        for inbox in INBOXES:
            await producer.send_and_wait(inbox.name, b"from outside")
        for name in sorted(set(NAMES) - {inbox.name for inbox in INBOXES}):
            with pytest.raises(TopicAuthorizationFailedError):
                await producer.send_and_wait(name, b"not mine to write")


async def test_an_outside_producer_reads_not_even_its_inbox(secured: SecuredKafka) -> None:
    async with consuming(as_user(secured, "producer")) as consumer:
        consumer.assign([TopicPartition(INBOX, 0)])
        consumer.seek(TopicPartition(INBOX, 0), 0)
        with pytest.raises(TopicAuthorizationFailedError):
            await asyncio.wait_for(consumer.getone(), 20)


@pytest.mark.parametrize(("user", "topic"), [("producer", INBOX), ("consumer", RESULTS[0].name)])
async def test_outsiders_join_no_group_of_ours(
    secured: SecuredKafka, user: str, topic: str
) -> None:
    for group in ("admitter", "recorder", "detector"):
        with pytest.raises(GroupAuthorizationFailedError):
            async with consuming(as_user(secured, user), topic, group=group) as consumer:
                await asyncio.wait_for(consumer.getone(), 20)


@pytest.mark.parametrize("user", ["producer", "consumer", "api", "io"])
async def test_only_the_operator_makes_topics(secured: SecuredKafka, user: str) -> None:
    settings = as_user(secured, user)
    async with broker_admin(settings) as client:
        answer = await client.create_topics([NewTopic("image-of-mine", 1, 1)])
    assert [entry[1] for entry in answer.topic_errors] == [TopicAuthorizationFailedError.errno]
    assert await verify_topics(as_user(secured, "operator")) == []


@pytest.mark.parametrize("user", ["detect", "io"])
async def test_a_worker_sees_how_every_topic_is_configured(
    secured: SecuredKafka, user: str
) -> None:
    assert await verify_to_start(as_user(secured, user)) == []


async def test_the_api_sees_how_its_own_topics_are_configured(secured: SecuredKafka) -> None:
    assert await verify_to_start(as_user(secured, "api"), TOPICS) == []


async def test_who_may_not_see_configurations_is_told_when_it_wants_to(
    secured: SecuredKafka,
) -> None:
    assert await verify_presence(as_user(secured, "monitoring"), [IMAGE_ANALYZED]) == []
    with pytest.raises(BrokerRefusesError, match=r"may not DescribeConfigs topic 'image-analyz"):
        await verify_to_start(as_user(secured, "monitoring"), [IMAGE_ANALYZED])


async def test_who_makes_topics_without_the_right_is_told_so(secured: SecuredKafka) -> None:
    with pytest.raises(BrokerRefusesError, match=r"user 'stranger' may not Create topic 'analysis"):
        await create_topics(as_user(secured, "stranger"))


async def test_an_outside_consumer_reads_results_in_a_group_of_its_own_and_writes_nothing(
    secured: SecuredKafka,
) -> None:
    everybody = KafkaSettings(bootstrap_servers=secured.bootstrap_servers)
    told = token_hex(8).encode()
    async with producing(everybody) as anybody:
        for topic in RESULTS:
            await anybody.send_and_wait(topic.name, told)
    settings = as_user(secured, "consumer")
    names = {topic.name for topic in RESULTS}
    async with consuming(settings, *names, group=EXTERNAL) as consumer:
        while names:
            message = await asyncio.wait_for(consumer.getone(), 20)
            if message.value == told:
                names.discard(message.topic)
        await consumer.commit()
    async with producing(settings) as producer:
        for name in NAMES:
            with pytest.raises(TopicAuthorizationFailedError):
                await producer.send_and_wait(name, b"not mine to write")


async def test_a_publisher_that_may_not_write_one_topic_says_so_and_writes_the_others(
    secured: SecuredKafka, releases: AsyncExitStack
) -> None:
    publisher = await started_publisher(as_user(secured, "producer"), releases)
    with pytest.raises(
        BrokerRefusesError, match=r"^user 'producer' may not Write topic 'image-submitted'$"
    ):
        await publisher.forward(OutgoingRecord("image-submitted", b"k", b"v", ()))
    await publisher.forward(OutgoingRecord(INBOX, b"k", b"v", ()))


async def test_clients_that_are_refused_say_why_in_the_log(
    secured: SecuredKafka, releases: AsyncExitStack
) -> None:
    wrong = as_user(secured, "api").model_copy(update={"password": SecretStr("not this one")})
    with capture_logs() as logs:
        await started_publisher(wrong, releases)
        await started_tail(wrong, releases, lambda record: None)
        await started_tail(as_user(secured, "stranger"), releases, lambda record: None)
        await eventually(lambda: len(_told(logs)) == 3)
    refused = f"the broker at {secured.secured_servers} refuses user 'api': Authentication failed"
    assert _told(logs) == {
        ("broker_unreachable", refused),
        ("tail_disconnected", refused),
        (
            "tail_disconnected",
            "user 'stranger' may not Describe topic 'analysis-failed', topic 'image-analyzed'",
        ),
    }


def _told(logs: Sequence[Mapping[str, str]]) -> set[tuple[str, str]]:
    return {(log["event"], log["error"].partition(" during")[0]) for log in logs}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"password": SecretStr("wrong")}, "refuses user 'io': .*; correct ANALYZER_KAFKA__USERN"),
        ({"username": "nobody"}, "refuses user 'nobody': .*; correct ANALYZER_KAFKA__USERNAME"),
        ({"sasl_mechanism": "PLAIN"}, "has no PLAIN; correct ANALYZER_KAFKA__SASL_MECHANISM"),
    ],
)
async def test_a_refused_login_is_told_from_a_broker_that_is_gone(
    secured: SecuredKafka, changed: dict[str, object], said: str
) -> None:
    settings = as_user(secured, "io").model_copy(update=changed)
    for ask in (verify_topics, create_topics):
        with pytest.raises(BrokerRefusesError, match=f"^the broker at 127.0.0.1:[0-9]+ {said}"):
            await asyncio.wait_for(ask(settings), 10)


async def test_a_login_where_nobody_logs_in_is_refused(secured: SecuredKafka) -> None:
    other_door = {"bootstrap_servers": secured.bootstrap_servers}
    settings = as_user(secured, "io").model_copy(update=other_door)
    with pytest.raises(BrokerRefusesError, match="lets nobody log in; correct ANALYZER_KAFKA__SEC"):
        await verify_topics(settings)


async def test_encrypted_and_with_certificates_all_is_as_without(
    secured: SecuredKafka, releases: AsyncExitStack
) -> None:
    publisher = await started_publisher(encrypted(secured, "producer"), releases)
    await publisher.forward(OutgoingRecord(INBOX, b"k", b"v", ()))
    with pytest.raises(BrokerRefusesError, match="user 'producer' may not Write topic"):
        await publisher.forward(OutgoingRecord("image-submitted", b"k", b"v", ()))
    wrong = {"password": SecretStr("wrong")}
    with pytest.raises(BrokerRefusesError, match="refuses user 'operator': Authentication failed"):
        await verify_topics(encrypted(secured, "operator").model_copy(update=wrong))
    assert await verify_topics(encrypted(secured, "operator")) == []


@pytest.mark.parametrize(
    ("host", "trusts", "said"),
    [
        ("127.0.0.1", False, "self-signed certificate; correct ANALYZER_KAFKA__CA_FILE"),
        ("localhost", True, "certificate is not valid for 'localhost'.; correct"),
    ],
)
async def test_a_certificate_that_is_not_trusted_is_named(
    secured: SecuredKafka, host: str, trusts: bool, said: str
) -> None:
    settings = encrypted(secured, "operator")
    servers = settings.bootstrap_servers.replace("127.0.0.1", host)
    changed = {"bootstrap_servers": servers} | ({} if trusts else {"ca_file": None})
    with pytest.raises(BrokerRefusesError, match=f"^the broker at {servers} shows .*{said}"):
        await verify_topics(settings.model_copy(update=changed))


async def test_without_its_own_certificate_a_client_is_not_let_in(secured: SecuredKafka) -> None:
    bare = {"cert_file": None, "key_file": None}
    with pytest.raises(LogUnavailableError):
        await verify_topics(encrypted(secured, "operator").model_copy(update=bare))


@pytest.mark.parametrize(
    ("arguments", "user", "password", "said"),
    [
        (
            ("topics", "verify"),
            "operator",
            "wrong-and-long-enough",
            "refuses user 'operator': Authentication fai",
        ),
        (("topics", "create"), "stranger", None, "user 'stranger' may not Create topic 'analysis"),
        (("topics", "verify"), "api", None, "user 'api' may not Describe topic 'analysis-failed-d"),
        (
            ("worker", "record"),
            "io",
            "wrong-and-long-enough",
            "refuses user 'io': Authentication failed",
        ),
        (("worker", "record", "retry"), "detect", None, "; user 'detect' may not Read group 'rec"),
    ],
)
def test_a_command_that_is_refused_ends_with_one_line_and_a_code(
    secured: SecuredKafka, arguments: tuple[str, ...], user: str, password: str | None, said: str
) -> None:
    settings = as_user(secured, user)
    if password is not None:
        settings = settings.model_copy(update={"password": SecretStr(password)})
    ended = subprocess.run(
        (sys.executable, "-m", "cli.main", *arguments),
        cwd=ROOT, env=bare_environment() | variables_of(settings), capture_output=True, text=True,
        timeout=60, check=False,
    )  # fmt: skip
    assert ended.returncode == 3
    [line] = [line for line in ended.stderr.splitlines() if line.startswith("image-analyzer: ")]
    assert said in line
    assert "Traceback" not in ended.stderr
