"""A store on a PostgreSQL server fulfils the contract that every storage engine has."""

from __future__ import annotations

from store.engine_contract import EngineContract


class TestPostgres(EngineContract):
    pass
