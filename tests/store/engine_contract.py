"""All that every storage engine must do; fixtures as in `contract.py`."""

from __future__ import annotations

from .contract import WritingContract
from .derived_contract import DerivedContract
from .listing_contract import ListingContract
from .reading_contract import LossyContract, PastContract, ReadingContract, UpkeepContract
from .transaction_contract import TransactionContract


class EngineContract(
    WritingContract,
    ReadingContract,
    ListingContract,
    PastContract,
    TransactionContract,
    LossyContract,
    UpkeepContract,
    DerivedContract,
):
    pass
