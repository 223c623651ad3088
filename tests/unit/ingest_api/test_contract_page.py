"""The contract of the topics as it is served: the document, and the page for people."""

import base64
import copy
import hashlib
import json
import re
from html.parser import HTMLParser
from typing import Any

import httpx

from ingest_api.contract_fields import Row, rows_of
from ingest_api.contract_page import page_html
from ingest_api.contract_text import inline, paragraphs
from topics.asyncapi_published import published_text
from topics.catalog import ALL, INBOXES, RESULTS

DOCUMENT: dict[str, Any] = json.loads(published_text())
VOID = {"meta"}
HOSTILE = "<script>alert(1)</script>\"'&"


class Outline(HTMLParser):
    """The elements of a page with their attributes; an unbalanced page is an error."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


async def page_of(client: httpx.AsyncClient) -> httpx.Response:
    answer = await client.get("/asyncapi", headers={"Authorization": ""})
    assert answer.status_code == 200
    return answer


async def test_the_document_is_the_published_one_and_public(client: httpx.AsyncClient) -> None:
    answer = await client.get("/asyncapi.json", headers={"Authorization": ""})
    assert (answer.status_code, answer.text) == (200, published_text())
    assert answer.headers["content-type"] == "application/json"
    assert "style-src" not in answer.headers["content-security-policy"]


async def test_the_page_shows_every_topic_once_and_says_who_may_do_what(
    client: httpx.AsyncClient,
) -> None:
    answer = await page_of(client)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    elements = Outline(answer.text).elements
    ids = [attributes["id"] or "" for _, attributes in elements if "id" in attributes]
    assert sorted(ids) == sorted({topic.name for topic in ALL} | {"connecting"})
    folded = {found["id"] for tag, found in elements if tag == "details" and "id" in found}
    assert set(ids) - folded - {"connecting"} == {topic.name for topic in (*INBOXES, *RESULTS)}
    assert answer.text.count(">you write<") == len(INBOXES)
    assert answer.text.count(">you read<") == len(RESULTS)


async def test_links_lead_into_the_page_or_to_the_document(client: httpx.AsyncClient) -> None:
    elements = Outline((await page_of(client)).text).elements
    ids = {attributes["id"] for _, attributes in elements if "id" in attributes}
    links = [attributes["href"] or "" for tag, attributes in elements if tag == "a"]
    assert "/asyncapi.json" in links
    assert {link.removeprefix("#") for link in links} - {"/asyncapi.json"} <= ids


async def test_the_policy_allows_this_style_and_nothing_else(client: httpx.AsyncClient) -> None:
    answer = await page_of(client)
    (style,) = re.findall(r"<style>(.*?)</style>", answer.text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = answer.headers["content-security-policy"].split("; ")
    assert policy[0] == "default-src 'none'"
    assert f"style-src 'sha256-{digest}'" in policy
    assert not any("unsafe" in part or "http" in part for part in policy)
    for tag, attributes in Outline(answer.text).elements:
        assert tag not in {"script", "link", "img", "iframe", "object", "form"}
        assert not attributes.keys() & {"style", "src", "onclick", "action"}
    assert "url(" not in style
    assert "@import" not in style


def test_whatever_the_document_says_is_text() -> None:
    page = page_html(spoiled(copy.deepcopy(DOCUMENT)))
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#x27;&amp;" in page
    Outline(page)


def spoiled(node: Any) -> Any:
    """The document with something hostile at the end of every sentence."""
    if isinstance(node, list):
        return [spoiled(item) for item in node]
    if not isinstance(node, dict):
        return node
    worded = {"description", "summary", "title", "default", "host", "pattern", "payload"}
    return {
        key: f"{value}{HOSTILE}" if key in worded and isinstance(value, str) else spoiled(value)
        for key, value in node.items()
    }


def test_text_knows_a_little_markup() -> None:
    assert paragraphs("One `a<b`.\n\n**Two** *three*\n") == (
        "<p>One <code>a&lt;b</code>.</p><p><strong>Two</strong> <em>three</em></p>"
    )
    assert inline("`ce_*` and `dlq-*`") == "<code>ce_*</code> and <code>dlq-*</code>"


def rows(properties: dict[str, Any], **more: Any) -> list[Row]:
    document = {"components": {"schemas": {"box": {"properties": {"x": {"type": "number"}}}}}}
    return list(rows_of(document, {"properties": properties, **more}))


def test_nested_fields_are_named_by_their_path() -> None:
    box = {"$ref": "#/components/schemas/box"}
    found = rows(
        {
            "one": {"allOf": [box], "description": "A box."},
            "many": {"type": "array", "items": box},
            "perhaps": {"anyOf": [box, {"type": "null"}]},
        },
        required=["one"],
    )
    assert [row.path for row in found] == [
        "one", "one.x", "many", "many[].x", "perhaps", "perhaps.x",
    ]  # fmt: skip
    assert [row.path for row in found if row.is_required] == ["one"]
    assert found[0].meaning == "A box."


def test_types_and_limits_are_words() -> None:
    found = rows(
        {
            "a": {"type": "integer", "minimum": 0, "maximum": 9, "default": 0},
            "b": {"type": "string", "maxLength": 5, "pattern": "^x"},
            "c": {"anyOf": [{"type": "number", "minimum": 1}, {"enum": ["low", "high"]}]},
            "d": {"type": "string", "const": "1.0", "minLength": 1},
            "e": {"type": "array", "items": {"type": "string"}, "minItems": 1, "default": None},
            "f": {"type": "string", "examples": ["p", "q"], "minLength": 1},
            "g": {"type": "string", "format": "uuid"},
            "h": {"type": "boolean", "default": True},
            "i": {"type": "object", "default": {"x": 1}},
            "j": {},
        }
    )
    assert [(row.kind, row.limits) for row in found] == [
        ("integer", "0 to 9; default 0"),
        ("string", "at most 5 characters; matches ^x"),
        ("number or “low” or “high”", "1 or more"),
        ("“1.0”", ""),
        ("list of strings", "not empty; default null"),
        ("string", "not empty; known: p, q"),
        ("uuid", ""),
        ("boolean", "default true"),
        ("object", ""),
        ("anything", ""),
    ]
