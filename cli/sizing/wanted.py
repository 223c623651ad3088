"""What somebody asks the simulator for, and within which limits."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Wanted:
    """`spare` is the share of each core that stays idle at the peak; `core_speed` is that of a core
    against the measured one; `retention_days` is how long Kafka keeps the results."""

    images_per_second: float
    image_kb: float
    objects: float = 5
    peak_factor: float = 2
    retention_days: float = 7
    keep_images_days: float = 7
    spare: float = 0.3
    core_speed: float = 1.0

    @property
    def peak_images_per_second(self) -> float:
        return self.images_per_second * self.peak_factor
