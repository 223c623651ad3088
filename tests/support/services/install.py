"""Installs the servers that tests and benchmarks use: `python -m tests.support.services.install`.

Exit code 0 when all are there, 3 when some cannot be had; optional ones may be lacking. `--check`
reports and changes nothing.
"""

import argparse
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.support.services.asyncapi_schema import asyncapi_schema_recipe
from tests.support.services.cache import cache_folder, only_installer
from tests.support.services.chromium import chromium_recipe
from tests.support.services.compose_loader import COMPOSE_GO
from tests.support.services.consumer_recipes import consumer_recipes
from tests.support.services.hadolint import hadolint_recipe
from tests.support.services.image_tools import image_recipes
from tests.support.services.kubeconform import KUBECONFORM
from tests.support.services.kustomize import KUSTOMIZE
from tests.support.services.manifest_schemas import manifest_schemas_recipe
from tests.support.services.nginx import nginx_recipe
from tests.support.services.prometheus import prometheus_recipe
from tests.support.services.recipes import Recipe, RecipeFailedError, all_recipes
from tests.support.services.toxiproxy import TOXIPROXY

ALL_THERE = 0
SOME_MISSING = 3


@dataclass(frozen=True, slots=True)
class Impossible:
    recipe: Recipe
    reason: str

    def __str__(self) -> str:
        services = ", ".join(self.recipe.services)
        return f"no {services}: {self.recipe.what} cannot be installed: {self.reason}"


@dataclass(frozen=True, slots=True)
class Plan:
    """Every recipe is in exactly one of the three."""

    present: tuple[Recipe, ...]
    to_install: tuple[Recipe, ...]
    impossible: tuple[Impossible, ...]


def plan_for(recipes: Iterable[Recipe]) -> Plan:
    present, to_install, impossible = [], [], []
    for recipe in recipes:
        if recipe.is_there():
            present.append(recipe)
        elif tools := recipe.missing_tools():
            impossible.append(Impossible(recipe, f"needs {' and '.join(tools)}"))
        else:
            to_install.append(recipe)
    return Plan(tuple(present), tuple(to_install), tuple(impossible))


def check(recipes: Sequence[Recipe]) -> int:
    """Say what is missing, install nothing."""
    plan = plan_for(recipes)
    for recipe in plan.to_install:
        _say(f"missing: {recipe.what} (for {', '.join(recipe.services)}); can be installed")
    return _conclude(plan.present, plan.impossible, complete=len(plan.present) == len(recipes))


def install(recipes: Sequence[Recipe], cache: Path) -> int:
    """Install what is missing, one after the other; what fails does not keep the rest from it."""
    if len(plan_for(recipes).present) == len(recipes):
        return _conclude(recipes, (), complete=True)
    with only_installer(cache):
        plan = plan_for(recipes)
        failures = [failed for recipe in plan.to_install if (failed := _install_one(recipe))]
        impossible = (*plan.impossible, *failures)
        lacking = [each.recipe for each in impossible]
        there = [recipe for recipe in recipes if recipe not in lacking]
        return _conclude(there, impossible, complete=all(one.is_optional for one in lacking))


def main(arguments: Sequence[str] | None = None) -> int:
    recipes = (
        *all_recipes(), TOXIPROXY.recipe("toxiproxy", is_optional=False),
        *consumer_recipes(), asyncapi_schema_recipe(),
        KUSTOMIZE.recipe("kustomize"), chromium_recipe(), nginx_recipe(),
        KUBECONFORM.recipe("kubeconform"), manifest_schemas_recipe(),
        COMPOSE_GO.recipe("compose-loader"), hadolint_recipe(), prometheus_recipe(),
        *image_recipes(),
    )  # fmt: skip
    known = list(dict.fromkeys(service for recipe in recipes for service in recipe.services))
    parser = argparse.ArgumentParser(description="Install the servers that tests use.")
    parser.add_argument("services", nargs="*", metavar="service", help=f"of: {', '.join(known)}")
    parser.add_argument("--check", action="store_true", help="only say what is missing")
    options = parser.parse_args(arguments)
    if unknown := set(options.services) - set(known):
        parser.error(f"unknown: {', '.join(sorted(unknown))}; known: {', '.join(known)}")
    wanted = set(options.services) or set(known)
    chosen = [recipe for recipe in recipes if wanted & set(recipe.services)]
    return check(chosen) if options.check else install(chosen, cache_folder())


def _install_one(recipe: Recipe) -> Impossible | None:
    _say(f"installing {recipe.what} ...")
    begun = time.monotonic()
    try:
        recipe.install()
    except RecipeFailedError as error:
        return Impossible(recipe, str(error))
    _say(f"installed {recipe.what} in {time.monotonic() - begun:.0f} s")
    return None


def _conclude(there: Iterable[Recipe], impossible: Iterable[Impossible], *, complete: bool) -> int:
    for each in impossible:
        _say(str(each))
    if not complete:
        return SOME_MISSING
    _say(f"all there: {', '.join(recipe.what for recipe in there)}")
    return ALL_THERE


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    raise SystemExit(main())
