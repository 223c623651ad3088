"""Only the pinned package of the AsyncAPI schema is accepted."""

from tests.support.services.asyncapi_schema import asyncapi_schema_recipe, package_fault


def test_another_package_is_not_accepted() -> None:
    assert "has integrity sha512-z4PhNX7v" in (package_fault(b"") or "")


def test_servers_start_without_it() -> None:
    assert asyncapi_schema_recipe().is_optional
