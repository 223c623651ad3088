"""The installed models by name, the preferred one first."""

from collections.abc import Sequence

from processors.detectors.files import InstalledModel
from processors.detectors.port import UnknownModelError
from schemas.result import ModelInfo


class ModelShelf:
    """At least one model; raises ValueError for none."""

    def __init__(self, models: Sequence[InstalledModel]) -> None:
        if not models:
            raise ValueError("a detector needs at least one model")
        self._models = {model.entry.name: _to_info(model) for model in models}

    @property
    def preferred(self) -> ModelInfo:
        return next(iter(self._models.values()))

    def model(self, name: str | None) -> ModelInfo:
        """The preferred one for None. Raise UnknownModelError, which lists what there is."""
        if name is None:
            return self.preferred
        if name not in self._models:
            raise UnknownModelError(f"no model {name!r}; installed: {', '.join(self._models)}")
        return self._models[name]


def _to_info(model: InstalledModel) -> ModelInfo:
    return ModelInfo(name=model.entry.name, version=model.entry.version, sha256=model.sha256)
