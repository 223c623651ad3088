"""Asking a server on this machine whether it is ready."""

import http.client


def answers_ok(port: int, path: str) -> bool:
    """Whether GET is answered 200; a refused connection is an OSError."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except http.client.HTTPException:
        return False
    finally:
        connection.close()
