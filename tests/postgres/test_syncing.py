"""A memory on a server and one in a file sync by one folder: both say the same, and what is purged leaves it."""

from __future__ import annotations

import pytest
from opening import TINY, Clock, write_config
from sync.devices import Devices, contents, past

from ntm_memory import NTMMemoryManager
from ntm_memory.config import SHIPPED, load_settings
from ntm_memory.moving import move
from ntm_memory.sync.standing import is_due


@pytest.fixture
def devices(tmp_path):
    made = Devices(tmp_path)
    yield made
    made.close()


@pytest.fixture
def both(devices, url_of):
    """A memory on a server, and one in a file."""
    return devices.add("there", store={"url": url_of()}), devices.add("here", ahead=1.0)


def test_a_server_and_a_file_come_to_say_the_same(devices, both):
    there, here = both
    tea = there.memorize("Mia likes green tea", key="tea", tags=["drink"], session="s1").memory
    here.memorize("Tom repairs old bicycles", namespace="other", occurred_at="2023-05")
    here.store_with_reasoning("Tom sold the red one", builds_on=[here.memorize("Tom has a red bicycle").memory.id])
    devices.settle()
    assert contents(there) == contents(here) and len(contents(there)) == 4
    here.update("tea", content="Mia likes black tea")
    there.memorize("Oslo is cold", key="oslo")
    devices.settle()
    there.update("oslo", content="Oslo is warm")
    devices.settle()
    for memory in both:
        assert "Mia likes black tea" in contents(memory) and past(memory, tea.id) == ["Mia likes green tea"]
        assert memory.store.get(tea.id).tags == ("drink",) and "Oslo is warm" in contents(memory)
        assert memory.store.check() == []


@pytest.mark.parametrize("by_server", [True, False])
def test_what_is_erased_retracted_and_purged_on_one_side_is_so_on_both(devices, both, by_server):
    one, other = both if by_server else both[::-1]
    secret = one.memorize("Mia's secret is a lighthouse", key="secret").memory
    one.update(secret.id, content="Mia's secret is two lighthouses")
    ferry = other.memorize("Tom takes the ferry").memory
    harbour = other.memorize("Tom lives at the harbour").memory
    one.memorize("what stays")
    devices.settle()
    one.erase([ferry.id])
    one.erase([harbour.id], retract=True)
    other.erase([secret.id], purge=True)
    devices.settle()
    assert b"lighthouse" not in devices.logs()
    for memory in both:
        assert contents(memory) == ["what stays"] and secret.id in memory.store.purged()
        assert memory.retracted(["Tom lives at the harbour"], ["default"]) and memory.store.check() == []
    one.restore(ferry.id)
    devices.settle()
    assert contents(one) == contents(other) == ["Tom takes the ferry", "what stays"]


def test_a_purge_on_the_server_takes_the_text_from_its_own_log_at_once(devices, both):
    there, _ = both
    secret = there.memorize("Mia's secret is a lighthouse").memory
    there.sync()
    assert b"lighthouse" in devices.logs()
    done = there.erase([secret.id], purge=True)
    assert not done.files_holding and b"lighthouse" not in devices.logs()


def test_a_version_that_is_purged_on_the_server_leaves_both(devices, both):
    there, here = both
    tea = there.memorize("Mia's secret is a lighthouse", key="tea").memory
    there.update(tea.id, content="Mia likes tea")
    devices.settle()
    there.erase([tea.id], purge=True, version=1)
    devices.settle()
    assert b"lighthouse" not in devices.logs()
    assert past(there, tea.id) == past(here, tea.id) == [""] or past(here, tea.id) == []


def test_a_dry_run_two_texts_of_one_memory_and_a_machine_that_is_gone(devices, both):
    there, here = both
    tea = there.memorize("Mia likes tea", key="tea").memory
    assert there.sync(dry_run=True)["sent"] and not devices.logs()
    devices.settle()
    there.update(tea.id, content="Mia likes coffee")
    here.update(tea.id, content="Mia likes water")
    devices.settle()
    assert there.sync()["conflicts"] and contents(there) == contents(here)
    here.sync(settle=["tea"])
    devices.settle()
    assert not there.sync()["conflicts"] and not here.sync()["conflicts"]
    gone = here.sync()["device"]
    here.close()
    devices.open.remove(here)
    there.sync(forget=[gone])
    assert gone not in "".join(file.name for file in devices.folder.iterdir())
    anew = devices.add("new")
    devices.settle()
    assert contents(anew) == contents(there)


def test_two_machines_of_one_server_tell_the_same_memory_once(devices, url_of):
    told = {"store": {"url": url_of()}}
    one, other, here = devices.add("one", **told), devices.add("other", ahead=2.0, **told), devices.add("here")
    tea = one.memorize("Mia likes tea", key="tea").memory
    devices.settle()
    other.update(tea.id, content="Mia likes coffee")
    here.memorize("Oslo is cold")
    devices.settle()
    here.update(tea.id, content="Mia likes water")
    secret = one.memorize("Mia's secret is a lighthouse").memory
    devices.settle()
    other.erase([secret.id], purge=True)
    devices.settle()
    assert b"lighthouse" not in devices.logs() and not here.sync()["conflicts"]
    assert contents(one) == contents(other) == contents(here) == ["Mia likes water", "Oslo is cold"]
    assert past(here, tea.id) == ["Mia likes tea", "Mia likes coffee"] and one.store.check() == []


def test_what_was_synced_stays_known_when_a_memory_moves(devices, url_of, tmp_path):
    home = tmp_path / "moved"
    write_config(home, **TINY, store={"backups": 0}, sync={"folder": str(devices.folder)})
    here, clock = devices.add("here"), Clock()
    with NTMMemoryManager(home, clock=clock) as memory:
        secret = memory.memorize("Mia's secret is a lighthouse").memory
        memory.memorize("what stays")
        memory.sync()
    here.sync()
    move(home, url_of())
    assert is_due(home, load_settings(SHIPPED, home / "config.json"))
    with NTMMemoryManager(home, clock=clock) as memory:
        told = memory.sync()
        assert (told["sent"], told["taken"], told["warnings"]) == (0, 0, [])
        done = memory.erase([secret.id], purge=True)
        assert done.backups_purged and not done.files_holding
    assert here.sync()["purged"] == 1 and contents(here) == ["what stays"]
    assert b"lighthouse" not in devices.logs() and not any(
        b"lighthouse" in file.read_bytes() for file in home.rglob("*") if file.is_file()
    )
