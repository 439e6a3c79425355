"""The PostgreSQL of the tests."""

from __future__ import annotations

from contextlib import closing

import pg8000.dbapi
import pytest

from tests.servers import POSTGRES, Backends, postgresql


def test_life_of_a_server() -> None:
    """It answers as soon as it is started, and nothing of it is left when its folder is removed."""
    backends = Backends.create()
    socket = backends.folder / POSTGRES / ".s.PGSQL.5432"
    try:
        assert postgresql(backends.folder / "any") == f"postgresql+pg8000://gate@/postgres?unix_sock={socket}"
        with closing(pg8000.dbapi.connect("gate", database="postgres", unix_sock=str(socket))) as connection:
            cursor = connection.cursor()
            cursor.execute("show fsync")
            assert cursor.fetchone() == ["off"]
    finally:
        backends.remove()
    assert not backends.folder.exists()
    with pytest.raises(pg8000.dbapi.InterfaceError):
        pg8000.dbapi.connect("gate", database="postgres", unix_sock=str(socket))
