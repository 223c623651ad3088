"""The one thing to read when everything runs."""

from cli.embedded.connection import Connection

NOTICE = (
    "Embedded mode, for a first look and for development. The event log lives in memory: accepted "
    "work comes back from the database at the next start; what outside producers put in does not. "
    "Pictures are not scanned for malware, unless ANALYZER_SCANNER__ADDRESS names a clamd."
)


def ready_box(connection: Connection, *, sample: str, data: str) -> str:
    """Both commands work when pasted as they stand."""
    url, key = connection.base_url, connection.api_key
    rows = [
        "AI Image Analyzer is ready",
        "",
        f"API      {url}",
        f"Docs     {url}/docs",
        f"API key  {key}",
        f"Data     {data}   (logs, objects, connection.json)",
    ]
    width = max(map(len, rows))
    line = "─" * (width + 2)
    body = "\n".join(f"│ {row.ljust(width)} │" for row in rows)
    curl = f"curl -H 'Authorization: Bearer {key}' -F image=@'{sample}' {url}/api/v1/analyze/upload"
    user = (
        f"ANALYZER_POSTGRES__DSN='{connection.postgres_dsn}' "
        "image-analyzer users create ada@demo --role admin"
    )
    hints = f"Try it:\n  {curl}\nA first user, who logs in with a password:\n  {user}"
    return f"\n╭{line}╮\n{body}\n╰{line}╯\n{hints}\nCtrl-C stops everything.\n"
