"""No test touches the user's own folders; the scripts run inside the Python that runs the tests."""

from __future__ import annotations

import os
import sys

import pytest
from hypothesis import settings

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")
settings.register_profile("here", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "here")


def _point_elsewhere(patch, folder):
    """Every folder of the user's that the package could use, below `folder`."""
    patch.setenv("HOME", str(folder))
    patch.setenv("USERPROFILE", str(folder))
    patch.setenv("LOCALAPPDATA", str(folder / "AppData"))
    patch.setenv("XDG_DATA_HOME", str(folder / ".local" / "share"))
    patch.setenv("XDG_CONFIG_HOME", str(folder / ".config"))
    patch.setenv("XDG_CACHE_HOME", str(folder / ".cache"))
    patch.setenv("NTM_MEMORY_HOME", str(folder / "memory"))
    patch.setenv("NTM_MEMORY_ENV", sys.prefix)
    patch.setenv("NTM_MEMORY_TESTING", "1")
    patch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    for key in ("NTM_MEMORY_KEY", "NTM_MEMORY_NEW_KEY"):
        patch.delenv(key, raising=False)


@pytest.fixture(autouse=True, scope="session")
def _no_real_home(tmp_path_factory):
    """For what longer-lived fixtures do."""
    with pytest.MonkeyPatch.context() as patch:
        _point_elsewhere(patch, tmp_path_factory.mktemp("home"))
        yield


@pytest.fixture(autouse=True)
def _own_home(monkeypatch, tmp_path):
    """Each test has its own."""
    _point_elsewhere(monkeypatch, tmp_path / "home")


@pytest.fixture
def secret(monkeypatch):
    """A key in the environment."""
    monkeypatch.setenv("NTM_MEMORY_KEY", "5a" * 32)
    return "5a" * 32


@pytest.fixture
def keyring():
    """The real library with a backend in this process's memory: {(service, name): password}."""
    keyring = pytest.importorskip("keyring", reason="needs the extra `encrypt`")
    from keyring.backend import KeyringBackend

    class Kept(KeyringBackend):
        priority = 9
        entries: dict = {}

        def get_password(self, service, name):
            return self.entries.get((service, name))

        def set_password(self, service, name, password):
            self.entries[service, name] = password

        def delete_password(self, service, name):
            del self.entries[service, name]

    KeyringBackend._classes.discard(Kept)  # else the library would choose it by itself in other tests
    before = keyring.get_keyring()
    keyring.set_keyring(Kept())
    yield keyring.get_keyring()
    keyring.set_keyring(before)
