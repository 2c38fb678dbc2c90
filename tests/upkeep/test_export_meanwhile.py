"""An export while others write; found by tracing four writers, one of which exported."""

from __future__ import annotations

import json

import pytest
from opening import opened


@pytest.mark.parametrize("form", ["json", "jsonl"])
def test_what_is_purged_or_changed_while_it_is_exported_is_left_out_or_as_it_is_now(tmp_path, monkeypatch, form):
    with opened(tmp_path) as memory, opened(tmp_path) as other:
        ids = [memory.memorize(f"note {i} of three", key=f"k{i}").memory.id for i in range(3)]
        listed = memory.store.memories

        def memories(*named, **options):
            for number, each in enumerate(listed(*named, **options)):
                yield each
                if not number:
                    other.erase(ids[1], purge=True)
                    other.update(ids[2], content="another text")

        monkeypatch.setattr(memory.store, "memories", memories)
        answer = memory.export_text(form)
        if form == "jsonl":
            return  # whole rows, read at once
        records = {each["id"]: each for each in json.loads(answer["text"])["memories"]}
        assert set(records) == {ids[0], ids[2]} and answer["count"] == 2
        with opened(tmp_path / "new") as new:
            assert new.import_text(answer["text"]).created == 2
            assert new.store.get(ids[2]).content == "another text"
            assert (new.store.keys_of(ids[2]) == other.store.keys_of(ids[2])).all()


def test_what_is_erased_after_it_was_listed_is_not_live(tmp_path):
    with opened(tmp_path) as memory, opened(tmp_path) as other:
        memory.memorize_many([{"content": f"note {i}"} for i in range(300)])
        last = memory.store.find_content("default", "note 299")[0].id
        live = iter(memory.store.memories())
        next(live)  # the first page of them
        other.erase(last)
        assert last not in {each.id for each in live}
