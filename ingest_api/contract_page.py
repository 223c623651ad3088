"""The AsyncAPI document as one page for people: no script, nothing loaded from anywhere."""

from ingest_api.contract_references import Json, resolved
from ingest_api.contract_style import STYLE
from ingest_api.contract_text import code, escaped, inline, paragraphs
from ingest_api.contract_topic import topic_html


def page_html(document: Json) -> str:
    info = document["info"]
    title = escaped(info["title"])
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title}</title><style>{STYLE}</style></head>"
        f'<body><div class="page"><nav aria-label="Topics">{_index(document)}</nav>'
        f"<main><header><h1>{title}</h1>{_versions(document)}"
        f"{paragraphs(info['description'])}</header>{_connecting(document)}"
        f"{''.join(_group(document, tag) for tag in info['tags'])}</main></div></body></html>"
    )


def _versions(document: Json) -> str:
    version = escaped(document["info"]["version"])
    source = f'<a href="/asyncapi.json">AsyncAPI {escaped(document["asyncapi"])} document</a>'
    return f'<p class="dim">Version {version} · {source}</p>'


def _connecting(document: Json) -> str:
    said = []
    for server in document["servers"].values():
        address = f"{code(server['host'])} over {code(server['protocol'])}"
        needs = (resolved(document, need)["description"] for need in server["security"])
        said.append(f"<p>{address}. {inline(server['description'])}</p>")
        said.extend(f"<p>{inline(need)}</p>" for need in needs)
    return f'<h2 id="connecting">Connecting</h2>{"".join(said)}'


def _index(document: Json) -> str:
    groups = (
        f"<div><h2>{escaped(_titled(tag))}</h2><ul>{''.join(map(_link, names))}</ul></div>"
        for tag in document["info"]["tags"]
        if (names := _topics_of(document, tag))
    )
    return "".join(groups)


def _group(document: Json, tag: Json) -> str:
    topics = "".join(topic_html(document, name) for name in _topics_of(document, tag))
    about = f'<p class="dim">{inline(tag["description"])}</p>'
    return f"<h2>{escaped(_titled(tag))}</h2>{about}{topics}" if topics else ""


def _topics_of(document: Json, tag: Json) -> list[str]:
    return [
        name
        for name, channel in document["channels"].items()
        if {"name": tag["name"]} in channel["tags"]
    ]


def _titled(tag: Json) -> str:
    return str(tag["name"]).replace("-", " ").capitalize()


def _link(name: str) -> str:
    return f'<li><a href="#{escaped(name)}">{code(name)}</a></li>'
