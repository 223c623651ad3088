"""Schemas of Kubernetes made strict, and what is taken for them."""

import jsonschema
import pytest

from tests.support.services.kubeconform import KUBECONFORM
from tests.support.services.strict_schemas import schemas_in_definition, schemas_in_openapi, strict

OBJECT = {"type": "object", "properties": {"size": {"type": "integer"}}}


def accepts(schema: object, value: object) -> bool:
    return jsonschema.Draft202012Validator(schema).is_valid(value)  # type: ignore[arg-type] # a dictionary


def test_what_is_not_named_is_refused_where_names_are_given() -> None:
    assert accepts(strict(OBJECT), {"size": 1})
    assert not accepts(strict(OBJECT), {"sice": 1})
    assert accepts(strict({"type": "object"}), {"anything": 1})
    assert accepts(strict(OBJECT | {"x-kubernetes-preserve-unknown-fields": True}), {"more": 1})
    assert accepts(strict({"x-kubernetes-int-or-string": True, "anyOf": []}), "25%")


def test_a_kind_brings_what_it_refers_to_and_itself() -> None:
    document = {
        "definitions": {
            "Thing": {
                "type": "object",
                "properties": {
                    "inner": {"$ref": "#/definitions/Inner"},
                    "next": {"$ref": "#/definitions/Thing"},
                },
                "x-kubernetes-group-version-kind": [
                    {"group": "apps", "kind": "Thing", "version": "v1"},
                    {"group": "unused.example", "kind": "Thing", "version": "v1"},
                ],
            },
            "Inner": OBJECT,
            "Other": OBJECT,
        }
    }
    made = schemas_in_openapi(document)
    assert list(made) == ["apps/thing_v1.json"]
    [schema] = made.values()
    assert set(schema["definitions"]) == {"Thing", "Inner"}
    assert accepts(schema, {"next": {"inner": {"size": 1}}})
    assert not accepts(schema, {"next": {"inner": {"sice": 1}}})


def test_a_definition_gives_the_versions_that_are_served() -> None:
    versions = [
        {"name": name, "served": served, "schema": {"openAPIV3Schema": OBJECT}}
        for name, served in (("v1", True), ("v1alpha1", False))
    ]
    spec = {"group": "keda.sh", "names": {"kind": "ScaledObject"}, "versions": versions}
    assert list(schemas_in_definition({"spec": spec})) == ["keda.sh/scaledobject_v1.json"]


@pytest.mark.parametrize(
    ("said", "is_right"),
    [
        (f"mod {KUBECONFORM.module} v{KUBECONFORM.version} {KUBECONFORM.checksum}", True),
        (f"mod {KUBECONFORM.module} v{KUBECONFORM.version} h1:other", False),
        ("mod somebody/else v1", False),
    ],
)
def test_a_program_of_another_source_is_found_out(said: str, is_right: bool) -> None:
    assert (KUBECONFORM.fault(said) is None) is is_right
