"""What the installer of test servers decides, and what it accepts as the pinned content."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.services import install
from tests.support.services.cache import filled_at_once
from tests.support.services.connections import Elsewhere, S3Elsewhere
from tests.support.services.credentials import Credentials
from tests.support.services.kafka_properties import server_properties
from tests.support.services.process_family import family_of
from tests.support.services.recipes import (
    VERSITYGW,
    Recipe,
    RecipeFailedError,
    kafka_fault,
)


class FakeSoftware:
    """Something to install that remembers whether it was."""

    def __init__(self, what: str, *, there: bool = False, lacking: tuple[str, ...] = ()) -> None:
        self.there = there
        self.recipe = Recipe(
            what=what,
            services=(what,),
            is_there=lambda: self.there,
            missing_tools=lambda: lacking,
            install=self._install,
        )

    def _install(self) -> None:
        self.there = True


def broken(what: str) -> Recipe:
    def fail() -> None:
        raise RecipeFailedError("the registry said no")

    return Recipe(what, (what,), lambda: False, lambda: (), fail)


def test_a_plan_tells_the_present_from_the_missing_from_the_impossible() -> None:
    there, missing = FakeSoftware("redis", there=True), FakeSoftware("kafka")
    impossible = FakeSoftware("s3", lacking=("go", "make"))
    plan = install.plan_for([there.recipe, missing.recipe, impossible.recipe])
    assert plan.present == (there.recipe,)
    assert plan.to_install == (missing.recipe,)
    assert [str(each) for each in plan.impossible] == [
        "no s3: s3 cannot be installed: needs go and make"
    ]


def test_installing_what_is_missing_succeeds_and_then_costs_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    there, missing = FakeSoftware("redis", there=True), FakeSoftware("kafka")
    recipes = [there.recipe, missing.recipe]
    assert install.install(recipes, tmp_path) == install.ALL_THERE
    assert missing.there
    capsys.readouterr()
    assert install.install(recipes, tmp_path) == install.ALL_THERE
    assert capsys.readouterr().out == "all there: redis, kafka\n"


def test_what_cannot_be_had_does_not_keep_the_rest_from_being_installed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    missing, impossible = FakeSoftware("kafka"), FakeSoftware("s3", lacking=("go",))
    recipes = [broken("postgres"), impossible.recipe, missing.recipe]
    assert install.install(recipes, tmp_path) == install.SOME_MISSING
    assert missing.there
    said = capsys.readouterr().out
    assert "no postgres: postgres cannot be installed: the registry said no" in said
    assert "no s3: s3 cannot be installed: needs go" in said


def test_an_optional_one_that_cannot_be_had_is_named_and_fails_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    optional = replace(FakeSoftware("consumers", lacking=("npm",)).recipe, is_optional=True)
    there = FakeSoftware("redis", there=True)
    assert install.install([there.recipe, optional], tmp_path) == install.ALL_THERE
    said = capsys.readouterr().out.splitlines()
    assert said == [
        "no consumers: consumers cannot be installed: needs npm",
        "all there: redis",
    ]


def test_a_check_says_what_is_missing_and_installs_nothing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    missing = FakeSoftware("kafka")
    assert install.check([missing.recipe]) == install.SOME_MISSING
    assert not missing.there
    assert capsys.readouterr().out == "missing: kafka (for kafka); can be installed\n"
    missing.there = True
    assert install.check([missing.recipe]) == install.ALL_THERE


def test_an_unknown_service_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        install.main(["--check", "rabbitmq"])
    assert "unknown: rabbitmq; known: postgres, redis, kafka, s3" in capsys.readouterr().err


def test_only_the_pinned_build_of_versitygw_is_accepted() -> None:
    build = "path\t{module}/cmd/versitygw\n\tmod\t{module}\tv{version}\t{sum}\n".format
    module = "github.com/versity/versitygw"
    assert VERSITYGW.fault(build(module=module, version="1.8.0", sum=VERSITYGW.checksum)) is None
    assert VERSITYGW.fault(build(module=module, version="1.7.0", sum=VERSITYGW.checksum))
    assert VERSITYGW.fault(build(module=module, version="1.8.0", sum="h1:other"))


def add_jars(folder: Path, count: int) -> None:
    for number in range(count):
        (folder / f"library-{number}.jar").touch()


@pytest.mark.parametrize(
    ("fill", "fault"),
    [
        (lambda folder: add_jars(folder, 91), "91 jars instead of 92"),
        (lambda folder: add_jars(folder, 92), "no kafka_2.13-4.3.1.jar"),
    ],
)
def test_an_incomplete_kafka_is_not_accepted(
    tmp_path: Path, fill: Callable[[Path], None], fault: str
) -> None:
    fill(tmp_path)
    assert kafka_fault(tmp_path) == fault


def test_a_kafka_of_other_content_is_not_accepted(tmp_path: Path) -> None:
    add_jars(tmp_path, 91)
    (tmp_path / "kafka_2.13-4.3.1.jar").write_bytes(b"something else")
    assert "has sha1" in (kafka_fault(tmp_path) or "")


def test_an_interrupted_install_leaves_nothing_half(tmp_path: Path) -> None:
    target = tmp_path / "kafka-1"
    interrupted = filled_at_once(target)
    (interrupted.__enter__() / "half.jar").touch()
    assert not interrupted.__exit__(KeyboardInterrupt, KeyboardInterrupt(), None)
    assert list(tmp_path.iterdir()) == []


def test_an_install_replaces_what_is_broken_and_removes_what_was_left_over(tmp_path: Path) -> None:
    target = tmp_path / "kafka-1"
    for old in (target, tmp_path / ".kafka-1-leftover"):
        old.mkdir()
        (old / "old.jar").touch()
    with filled_at_once(target) as scratch:
        (scratch / "whole.jar").touch()
    assert [path.name for path in tmp_path.iterdir()] == ["kafka-1"]
    assert [path.name for path in target.iterdir()] == ["whole.jar"]


def test_server_properties_describe_one_node_without_surprises() -> None:
    text = server_properties(data=Path("/data"), client_port=20001, controller_port=20002)
    lines = text.splitlines()
    assert "process.roles=broker,controller" in lines
    assert "log.dirs=/data" in lines
    assert "listeners=CLIENTS://127.0.0.1:20001,CONTROLLER://127.0.0.1:20002" in lines
    assert "advertised.listeners=CLIENTS://127.0.0.1:20001" in lines
    assert "group.initial.rebalance.delay.ms=0" in lines
    assert "auto.create.topics.enable=false" in lines
    assert len({line.partition("=")[0] for line in lines}) == len(lines)


def test_servers_elsewhere_are_taken_from_the_environment() -> None:
    named = Elsewhere.from_environment(
        {
            "ANALYZER_TEST_KAFKA": "broker:9092",
            "ANALYZER_TEST_S3_ENDPOINT": "http://s3",
            "ANALYZER_TEST_S3_ACCESS_KEY": "who",
            "ANALYZER_TEST_S3_SECRET_KEY": "secret",
        }
    )
    assert named.kafka is not None
    assert named.kafka.bootstrap_servers == "broker:9092"
    assert named.s3 == S3Elsewhere("http://s3", "who", "secret")
    assert named.postgres is None
    assert named.redis is None


def test_credentials_differ_by_folder_and_stay_with_it(tmp_path: Path) -> None:
    first = Credentials.kept_in(tmp_path)
    assert Credentials.kept_in(tmp_path) == first
    assert Credentials().postgres_password != first.postgres_password
    assert first.postgres_password not in repr(first)
    assert (tmp_path / "credentials.json").stat().st_mode & 0o077 == 0


def test_a_process_without_children_is_its_whole_family() -> None:
    assert family_of(2**22 + 1) == [2**22 + 1]
