"""The revision of the schema that this code needs; a test ties it to the newest migration."""

from typing import Final

HEAD: Final = "0003"
