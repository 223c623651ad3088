"""One Faust application is one consumer group, with the settings that keep it from losing work."""

import faust

from processors.faust_fetch_wait import set_fetch_wait
from topics.settings import KafkaSettings


class DisklessApp(faust.App):
    """Keeps nothing on disk: there are no tables, and the root file system may be read-only."""

    def _create_directories(self) -> None:
        pass


def make_app(group: str, kafka: KafkaSettings, *, prefetch: int) -> faust.App:
    """An application without agents yet. Topics are made by `image-analyzer topics create`, never
    here; nothing is ever acknowledged but by the guard."""
    app = DisklessApp(
        group,
        broker=[f"kafka://{server}" for server in kafka.bootstrap_servers.split(",")],
        processing_guarantee="at_least_once",
        topic_allow_declare=False,
        topic_disable_leader=True,
        table_standby_replicas=0,
        store="memory://",
        web_enabled=False,
        broker_session_timeout=20,
        broker_heartbeat_interval=4,
        broker_request_timeout=40,
        broker_rebalance_timeout=60,
        broker_max_poll_interval=86_400,  # a full buffer looks idle: the client would leave
        broker_commit_interval=1.0,
        broker_commit_every=1000,
        stream_buffer_maxsize=max(256, 4 * prefetch),
        stream_wait_empty=True,
        consumer_auto_offset_reset="earliest",
        producer_request_timeout=15,
    )
    set_fetch_wait(app, kafka.fetch_max_wait_ms)
    return app
