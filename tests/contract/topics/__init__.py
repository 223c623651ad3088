"""The log: the twin and Kafka by the same tests."""
