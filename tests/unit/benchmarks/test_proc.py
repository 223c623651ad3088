"""Reading /proc, checked on what Linux writes there."""

import os

from benchmarks.proc import parse_cpu_times, parse_machine_cpu_ms, parse_memory

TICK_MS = 1000 / os.sysconf("SC_CLK_TCK")


def test_a_name_with_spaces_and_brackets_does_not_shift_the_fields() -> None:
    times = parse_cpu_times("12 (a) b (c) S 1 12 12 0 -1 4194560 1 2 3 4 70 30 5 6 20 0 1 0 99")

    assert times.own_ms == 100 * TICK_MS
    assert times.reaped_ms == 11 * TICK_MS


def test_idle_and_waiting_for_a_disk_are_no_work() -> None:
    assert parse_machine_cpu_ms("cpu  1 2 4 100 100 8 16 32 64 64\ncpu0 1") == 63 * TICK_MS


def test_memory_in_megabytes() -> None:
    rollup = "5580-7ffd ---p 00000000 00:00 0 [rollup]\nRss:   2048 kB\nPss:   1024 kB\n"

    memory = parse_memory(rollup)

    assert (memory.rss_mb, memory.pss_mb) == (2.0, 1.0)
