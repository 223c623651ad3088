"""OpenAPI of Kubernetes to JSON Schemas that refuse what they do not know."""

import re
from typing import Any

Schemas = dict[str, Any]
"""By file name: `apps/deployment_v1.json`, `v1/service_v1.json`."""

GROUPS = frozenset(
    ("", "apps", "autoscaling", "batch", "networking.k8s.io", "policy", "scheduling.k8s.io")
)
_REFERENCE = re.compile(r"#/definitions/(.+)")
_WRITTEN_OTHERWISE: dict[str, Any] = {
    "io.k8s.apimachinery.pkg.util.intstr.IntOrString": {"type": ["integer", "string"]},
    "io.k8s.apimachinery.pkg.api.resource.Quantity": {"type": ["number", "string"]},
}


def schemas_in_openapi(document: dict[str, Any]) -> Schemas:
    """One for each kind of our GROUPS, each with all that it refers to."""
    definitions = {
        name: _WRITTEN_OTHERWISE.get(name) or strict(definition)
        for name, definition in document["definitions"].items()
    }
    return {
        _file(kind["group"], kind["kind"], kind["version"]): _alone(name, definitions)
        for name, definition in document["definitions"].items()
        for kind in definition.get("x-kubernetes-group-version-kind", ())
        if kind["group"] in GROUPS and "properties" in definition
    }


def schemas_in_definition(definition: dict[str, Any]) -> Schemas:
    """One for each version that a CustomResourceDefinition serves."""
    spec = definition["spec"]
    return {
        _file(spec["group"], spec["names"]["kind"], version["name"]): strict(
            version["schema"]["openAPIV3Schema"]
        )
        for version in spec["versions"]
        if version["served"]
    }


def strict(schema: Any) -> Any:
    """The same with unknown fields refused wherever the fields are named."""
    if isinstance(schema, list):
        return [strict(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    found = {name: strict(one) for name, one in schema.items()}
    if found.get("x-kubernetes-int-or-string"):
        return {"type": ["integer", "string"]}
    is_open = "additionalProperties" in found or found.get("x-kubernetes-preserve-unknown-fields")
    if isinstance(found.get("properties"), dict) and not is_open:
        found["additionalProperties"] = False
    return found


def _alone(name: str, definitions: dict[str, Any]) -> dict[str, Any]:
    needed: dict[str, Any] = {}
    left = [name]
    while left:
        one = left.pop()
        if one not in needed:
            needed[one] = definitions[one]
            left += _references(definitions[one])
    return {"$ref": f"#/definitions/{name}", "definitions": needed}


def _references(schema: Any) -> list[str]:
    if isinstance(schema, list):
        return [name for one in schema for name in _references(one)]
    if not isinstance(schema, dict):
        return []
    own = schema.get("$ref")
    named = _REFERENCE.fullmatch(own) if isinstance(own, str) else None
    below = [name for one in schema.values() for name in _references(one)]
    return below if named is None else [named[1], *below]


def _file(group: str, kind: str, version: str) -> str:
    """kubeconform takes the version of the core for a group."""
    return f"{group or version}/{kind.lower()}_{version}.json"
