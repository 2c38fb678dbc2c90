"""The server of the tests of the room `postgres`."""

from postgres.conftest import server, url_of  # noqa: F401
