"""What can go wrong with the log, as decisions."""


class InvalidMessageError(Exception):
    """The record breaks the contract; no repeat will heal it. `reason` is one stable word.

    `tenant_id` is set when the credential of the record was good.
    """

    def __init__(self, reason: str, detail: str, *, tenant_id: str = "") -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail
        self.tenant_id = tenant_id


class LogUnavailableError(Exception):
    """The broker did not confirm in time: hold and ask again. What was sent may still arrive."""


class RecordTooLargeError(Exception):
    """The broker or the producer refuses a record of this size."""


class BrokerRefusesError(LogUnavailableError):
    """The broker does not let us in, or not do that: no repeat will heal it, somebody must correct
    a setting or grant a right. The text is for that person. In a running process it is a hold."""


class UnknownBrokerError(BrokerRefusesError):
    """No name server knows any host of the brokers. Mostly a misspelt setting; some name servers
    also say it of a broker that is down."""
