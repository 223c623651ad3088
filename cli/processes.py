"""Settings to running processes: each command line process is handed the slices it needs."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from cli.broker_errors import broker_error
from cli.check_plan import WORKER_USES, api_checks, worker_checks
from cli.exit_codes import ConfigurationError, DependencyError
from cli.exports import exports_of
from cli.port_checks import api_ports, worker_ports
from cli.settings import Settings, load_settings, require
from cli.start_or_refuse import refusals_logged, start_or_refuse
from telemetry.export import Exports
from telemetry.logs import LogSettings, configure_logs
from topics.errors import LogUnavailableError

if TYPE_CHECKING:
    from processors.parts import WorkerConfig

_STORES = ("postgres", "bucket")


def run_api(environment: Mapping[str, str]) -> None:
    """Returns after SIGTERM or SIGINT. Raises ConfigurationError, and DependencyError for what
    somebody must correct; it starts while a server is down."""
    configure_logs(LogSettings(), process="api")
    with refusals_logged():
        settings = load_settings(environment)
        with exports_of("api", settings) as exports:
            _run_api(settings, exports)


def run_worker(names: Sequence[str], environment: Mapping[str, str]) -> int:
    """The exit code after SIGTERM or SIGINT. Raises ConfigurationError and DependencyError, the
    latter also for a broker that does not answer or refuses as the worker starts."""
    configure_logs(LogSettings(), process="-".join(names))
    with refusals_logged():
        settings = load_settings(environment, uses=worker_uses(names))
        with exports_of(next(iter(names), "worker"), settings) as exports:
            return _run_worker(names, settings, exports)


def _run_api(settings: Settings, exports: Exports) -> None:
    from ingest_api.auth_keys import UnusableKeyError  # noqa: PLC0415 - workers do without it
    from ingest_api.serve import StartFailedError  # noqa: PLC0415 - workers do without FastAPI
    from ingest_api.wiring import ApiConfig, run_api  # noqa: PLC0415 - as above

    config = ApiConfig(
        api=settings.api,
        kafka=settings.kafka,
        postgres=require(settings.postgres, "ANALYZER_POSTGRES__DSN"),
        bucket=require(settings.bucket, "ANALYZER_BUCKET__ENDPOINT"),
        redis=settings.redis,
        auth=settings.auth,
        limits=settings.all_limits,
        tracer=exports.tracer,
        webhooks=settings.webhooks,
        metrics=settings.metrics,
    )
    configure_logs(settings.log, process="api", also=exports.log)
    start_or_refuse(api_checks(settings) | api_ports(settings), essential=_STORES)
    try:
        run_api(config)
    except UnusableKeyError as error:
        raise ConfigurationError(f"ANALYZER_AUTH__*: {error}") from None
    except StartFailedError as error:
        raise DependencyError(str(error)) from None


def _run_worker(names: Sequence[str], settings: Settings, exports: Exports) -> int:
    from processors import app  # noqa: PLC0415 - the API does without Faust
    from processors.detectors.files import ModelFileError, NoModelError  # noqa: PLC0415 - as above
    from processors.process import TopicsNotReadyError  # noqa: PLC0415 - as above

    unknown = sorted(set(names) - set(app.NAMES))
    if unknown:
        raise ConfigurationError(
            f"unknown processors: {', '.join(unknown)}; there are {', '.join(app.NAMES)}"
        )
    config = replace(_worker_config(settings), tracer=exports.tracer)
    configure_logs(settings.log, process="-".join(names), also=exports.log)
    checks = worker_checks(settings, names) | worker_ports(settings)
    start_or_refuse(checks, essential=(*_STORES, "kafka"))
    try:
        return app.run_worker(names, config)
    except TopicsNotReadyError as error:
        raise DependencyError("\n".join(error.problems)) from error
    except (ModelFileError, NoModelError) as error:
        raise DependencyError(str(error)) from error
    except LogUnavailableError as error:
        raise broker_error(config.kafka, error) from error


def worker_uses(names: Sequence[str]) -> tuple[str, ...]:
    """Whoever decodes pictures never holds what signs webhooks."""
    return (*WORKER_USES, "webhooks") if {"admit", "deliver"} & set(names) else WORKER_USES


def _worker_config(settings: Settings) -> "WorkerConfig":
    from cli.model_checks import require_known_model  # noqa: PLC0415 - as above
    from processors.parts import WorkerConfig  # noqa: PLC0415 - as above

    require_known_model(settings)
    return WorkerConfig(
        kafka=settings.kafka,
        postgres=require(settings.postgres, "ANALYZER_POSTGRES__DSN"),
        bucket=require(settings.bucket, "ANALYZER_BUCKET__ENDPOINT"),
        worker=settings.worker,
        scanner=settings.scanner,
        webhooks=settings.webhooks,
        models_dir=settings.models_dir,
    )
