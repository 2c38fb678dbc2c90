"""The manager's verbs of looking over what is there without a question."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from ntm_memory.config import Settings
    from ntm_memory.operations.services import Services
    from ntm_memory.store.base import Store
    from ntm_memory.store.records import Memory


class SurveyingVerbs:
    """Verbs of `NTMMemoryManager`."""

    home: Path
    settings: Settings
    store: Store
    _verbs: Services

    def find(self, id_or_key: str, namespace: str | None = "default") -> Memory:
        """The live memory of a namespace with this id, else with this key; see `store.lookup.find`."""
        from ntm_memory.store.lookup import find

        return find(self.store, id_or_key, namespace)

    def memories(self, **options: Any) -> dict[str, Any]:
        """The memories of a namespace, or what of it is about a name, of a kind or of a time, page by page.

        See `upkeep.listing.page` and `upkeep.listing.selection` for the options; with `around` what stands around a
        memory, see `upkeep.listing.around`. `conflict` marks what two machines told differently.
        """
        from ntm_memory.sync.standing import in_conflict
        from ntm_memory.upkeep import listing

        around = options.pop("around", None)
        if around is not None:
            return listing.around(self.store, around, **options)
        answer = listing.page(self.store, here=self._verbs.context.here, **options)
        rivals = in_conflict(self.home, self.settings)
        for memory in answer["memories"] if rivals else ():
            memory |= {"conflict": True} if memory["id"] in rivals else {}
        return answer

    def overview(self, **options: Any) -> dict[str, Any]:
        """What stands out in some namespaces when nothing is asked; see `upkeep.overview.overview`."""
        from ntm_memory.upkeep.overview import overview

        return overview(self.store, self._verbs.now(), **options)

    def sync(
        self,
        *,
        dry_run: bool = False,
        settle: Sequence[str] = (),
        forget: Sequence[str] = (),
        yes: bool = False,
        namespace: str | None = "default",
    ) -> dict[str, Any]:
        """Exchange what changed with other machines, by the folder `sync.folder`; see `sync.syncer.Syncer.run`."""
        return self._verbs.syncer().run(dry_run=dry_run, settle=settle, forget=forget, part=yes, namespace=namespace)
