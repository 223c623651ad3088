"""Which checks there are for which process."""

from collections.abc import Mapping, Sequence

from cli.settings import Settings, load_settings, require
from cli.start_checks import Check, bucket_check, kafka_check, postgres_check, redis_check
from ingest_api.rights import RIGHTS, TOPICS
from processors.rights import NAMES, rights_of

WORKER_USES = ("kafka", "postgres", "bucket", "traces", "azure_monitor")


def checks_for(process: str | None, environment: Mapping[str, str]) -> dict[str, Check]:
    """By what each looks at; None is for all that the settings name. Raises ConfigurationError."""
    if process == "api":
        return api_checks(load_settings(environment))
    from cli.model_checks import model_check, require_known_model  # noqa: PLC0415 - not for the API

    if process is None:
        settings = load_settings(environment)
        return {
            **_stores(settings),
            "redis": redis_check(settings.redis),
            "kafka": kafka_check(settings.kafka),
            "models": model_check(settings, environment),
        }
    settings = load_settings(environment, uses=WORKER_USES)
    detects = process == "detect"
    require_known_model(settings)
    names = [name for name in NAMES if name.startswith("detect") is detects]
    models = {"models": model_check(settings, environment)} if detects else {}
    return worker_checks(settings, names) | models


def api_checks(settings: Settings) -> dict[str, Check]:
    """Raises ConfigurationError, as does `worker_checks`."""
    return {
        **_stores(settings),
        "redis": redis_check(settings.redis),
        "kafka": kafka_check(settings.kafka, topics=TOPICS, rights=RIGHTS),
    }


def worker_checks(settings: Settings, names: Sequence[str]) -> dict[str, Check]:
    """Of a worker that runs those processors; not of its models, which may be downloaded yet."""
    return {
        **_stores(settings),
        "kafka": kafka_check(settings.kafka, rights=rights_of(names)),
    }


def _stores(settings: Settings) -> dict[str, Check]:
    return {
        "postgres": postgres_check(require(settings.postgres, "ANALYZER_POSTGRES__DSN")),
        "bucket": bucket_check(require(settings.bucket, "ANALYZER_BUCKET__ENDPOINT")),
    }
