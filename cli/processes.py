"""Settings to running processes: each command line process is handed the slices it needs."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from cli.broker_errors import broker_error
from cli.exit_codes import ConfigurationError, DependencyError
from cli.settings import Settings, load_settings, require
from telemetry.logs import configure_logs
from topics.errors import LogUnavailableError

if TYPE_CHECKING:
    from processors.parts import WorkerConfig

_WORKER_USES = ("kafka", "postgres", "bucket")


def run_api(environment: Mapping[str, str]) -> None:
    """Returns after SIGTERM or SIGINT. Raises ConfigurationError."""
    from ingest_api.auth_keys import UnusableKeyError  # noqa: PLC0415 - workers do without it
    from ingest_api.wiring import ApiConfig, run_api  # noqa: PLC0415 - workers do without FastAPI

    settings = load_settings(environment)
    config = ApiConfig(
        api=settings.api,
        kafka=settings.kafka,
        postgres=require(settings.postgres, "ANALYZER_POSTGRES__DSN"),
        bucket=require(settings.bucket, "ANALYZER_BUCKET__ENDPOINT"),
        redis=settings.redis,
        auth=settings.auth,
        limits=settings.all_limits,
    )
    configure_logs(settings.log, process="api")
    try:
        run_api(config)
    except UnusableKeyError as error:
        raise ConfigurationError(f"ANALYZER_AUTH__*: {error}") from None


def run_worker(names: Sequence[str], environment: Mapping[str, str]) -> int:
    """The exit code after SIGTERM or SIGINT. Raises ConfigurationError and DependencyError, the
    latter also for a broker that does not answer or refuses as the worker starts."""
    from processors import app  # noqa: PLC0415 - the API does without Faust
    from processors.detectors.files import ModelFileError, NoModelError  # noqa: PLC0415 - as above
    from processors.process import TopicsNotReadyError  # noqa: PLC0415 - as above

    settings = load_settings(environment, uses=_WORKER_USES)
    unknown = sorted(set(names) - set(app.NAMES))
    if unknown:
        raise ConfigurationError(
            f"unknown processors: {', '.join(unknown)}; there are {', '.join(app.NAMES)}"
        )
    config = _worker_config(settings)
    configure_logs(settings.log, process="-".join(names))
    try:
        return app.run_worker(names, config)
    except (ModelFileError, NoModelError, TopicsNotReadyError) as error:
        raise DependencyError(str(error)) from error
    except LogUnavailableError as error:
        raise broker_error(config.kafka, error) from error


def _worker_config(settings: Settings) -> "WorkerConfig":
    from processors.detectors.catalog import read_catalog  # noqa: PLC0415 - as above
    from processors.parts import WorkerConfig  # noqa: PLC0415 - as above

    known = [entry.name for entry in read_catalog()]
    if settings.worker.preferred_model not in known:
        raise ConfigurationError(
            f"ANALYZER_WORKER__PREFERRED_MODEL={settings.worker.preferred_model}: "
            f"there is no such model; there are {', '.join(known)}"
        )
    return WorkerConfig(
        kafka=settings.kafka,
        postgres=require(settings.postgres, "ANALYZER_POSTGRES__DSN"),
        bucket=require(settings.bucket, "ANALYZER_BUCKET__ENDPOINT"),
        worker=settings.worker,
        scanner=settings.scanner,
        models_dir=settings.models_dir,
    )
