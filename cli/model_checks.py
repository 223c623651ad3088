"""Are the models there that the settings name? Not for the API, which does without them."""

import asyncio
from collections.abc import Mapping

from cli.exit_codes import ConfigurationError
from cli.settings import Settings
from cli.start_checks import Check, UnfitError
from processors.detectors.catalog import read_catalog
from processors.detectors.files import ModelFileError, ModelFolders, NoModelError, require_model


def require_known_model(settings: Settings) -> None:
    """Raises ConfigurationError for a preferred model that the catalog does not have."""
    known = [entry.name for entry in read_catalog()]
    if settings.worker.preferred_model not in known:
        raise ConfigurationError(
            f"ANALYZER_WORKER__PREFERRED_MODEL={settings.worker.preferred_model}: "
            f"there is no such model; there are {', '.join(known)}"
        )


def model_check(settings: Settings, environment: Mapping[str, str]) -> Check:
    folders = ModelFolders.of(settings.models_dir, environment)

    async def check() -> None:
        try:
            await asyncio.to_thread(require_model, read_catalog(), folders)
        except (ModelFileError, NoModelError) as error:
            raise UnfitError(str(error)) from error

    return check
