"""What is noted in the user's own config file, outside every data folder; `paths` reads it."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

from ntm_memory.errors import StoreError
from ntm_memory.paths import data_home, ensure_private_dir, read_user_config, user_config
from ntm_memory.persistence.atomic import replace_text


def remember_home(home: str | Path) -> Path:
    """Note a data folder in the user's config, for all later calls without `--home`.

    Returns:
        the folder, made if need be.

    Raises:
        ConfigError: the user's config file cannot be read.
        BadValueError: the user's config file is no regular file.
        StoreError: the folder cannot be made, or the file not be written.
    """
    chosen, file = ensure_private_dir(data_home(home)), user_config()
    noted, instead = (
        {**read_user_config(file), "home": str(chosen)},
        f"set NTM_MEMORY_HOME={shlex.quote(str(chosen))} instead",
    )
    ensure_private_dir(file.parent, instead)
    try:
        replace_text(file, json.dumps(noted, indent=2, ensure_ascii=False))
    except OSError as error:
        raise StoreError(f"{file} cannot be written: {error.strerror}", instead) from error
    return chosen
