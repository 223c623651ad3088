"""What the person at the terminal is told of a broker that did not do what was asked."""

from cli.exit_codes import DependencyError
from topics.errors import BrokerRefusesError, LogUnavailableError
from topics.settings import KafkaSettings


def broker_error(settings: KafkaSettings, error: LogUnavailableError) -> DependencyError:
    if isinstance(error, BrokerRefusesError):
        return DependencyError(str(error))  # says what to correct
    return DependencyError(
        f"the broker at {settings.bootstrap_servers} does not answer: {error}; start it, or "
        "correct ANALYZER_KAFKA__BOOTSTRAP_SERVERS or ANALYZER_KAFKA__SECURITY_PROTOCOL"
    )
