"""Bytes of a file as text: UTF-8, or what a byte order mark says (https://www.unicode.org/faq/utf_bom.html)."""

from __future__ import annotations

import codecs
import io
import shlex

from ntm_memory.errors import BadValueError
from ntm_memory.importers.conversations import INSTEAD
from ntm_memory.importers.items import KNOWN

_MARKS = (  # those of UTF-32 first: one begins as UTF-16's does
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_ZIP = b"PK\x03\x04"
_SQLITE = b"SQLite format 3\0"
_GZIP = b"\x1f\x8b"
_GLANCE = 4096
_PAGE = ("<!doctype", "<html", "<?xml")


def decoded(data: bytes, name: str) -> str:
    """A file's text.

    Args:
        data: its bytes.
        name: of the file, for the error.

    Raises:
        BadValueError: it is an archive, a database, a page, or not in a coding that can be told.
    """
    _refuse_binary(data, name)
    coding = next((coding for mark, coding in _MARKS if data.startswith(mark)), "utf-8-sig")
    try:
        text = data.decode(coding)
    except UnicodeDecodeError as error:
        raise BadValueError(
            f"{name} cannot be read: it is not UTF-8 text (byte {error.start})",
            f"save it as UTF-8: iconv -f CODING -t utf-8 {shlex.quote(name)} > new.txt (CODING: latin1, gb18030, …)",
        ) from error
    if text.lstrip()[:9].lower().startswith(_PAGE):
        raise BadValueError(f"{name} cannot be read: it is HTML or XML", f"save its text as Markdown first; {KNOWN}")
    if "\0" in text[:_GLANCE]:
        raise BadValueError(f"{name} cannot be read: it is no text, or UTF-16 without its mark", "save it as UTF-8")
    return text


def _refuse_binary(data: bytes, name: str) -> None:
    if data.startswith(_ZIP):
        raise BadValueError(*_about_archive(data, name))
    if data.startswith(_SQLITE):
        raise BadValueError(
            f"{name} cannot be read: it is a database",
            f"let the program that owns it export it (ours: export.py, or import.py --backup NAME); {KNOWN}",
        )
    if data.startswith(_GZIP):
        raise BadValueError(f"{name} cannot be read: it is compressed", f"unpack it first: gunzip {name}")


def _about_archive(data: bytes, name: str) -> tuple[str, str]:
    """What to say of an archive, by the names in it; nothing is unpacked."""
    import zipfile  # takes a while; hardly any file is one

    try:
        names = {each.rpartition("/")[2] for each in zipfile.ZipFile(io.BytesIO(data)).namelist()}
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, RuntimeError) as error:
        return f"{name} cannot be read: a damaged zip archive: {error}", "get it anew"
    if "memories.json" in names:
        return f"{name} is an archive that holds memories.json", "unpack it, then: import.py memories.json"
    if "conversations.json" in names:
        return f"{name} is an archive of conversations, not of memories", INSTEAD
    return f"{name} cannot be read: it is an archive", f"unpack it, then import the file or folder in it; {KNOWN}"
