"""Office files that are locked with a password: decrypted in memory, with the password given or Office's own.

Office keeps a locked DOCX, XLSX or PPTX in a compound file (OLE) of its own kind, [MS-OFFCRYPTO] 2.3. Which of the
three it is can only be told once it is open, so this module is also a backend: that of locked files.
"""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import BinaryIO, Final

import msoffcrypto
from msoffcrypto.exceptions import DecryptionError, FileFormatError, InvalidKeyError

from parsers import formats
from parsers.backends.base import OpenDocument
from parsers.errors import DamagedDocument, EncryptedDocument
from parsers.policy import ParseOptions

# Excel locks a workbook whose sheets are only protected against changes with this, and opens it without asking.
_WELL_KNOWN_PASSWORD = "VelvetSweatshop"  # noqa: S105
_OLE_MAGIC: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OFFICE_XML: Final = "application/vnd.openxmlformats-officedocument."
_KINDS: Final = (
    ("word/", f"{_OFFICE_XML}wordprocessingml.document"),
    ("xl/", f"{_OFFICE_XML}spreadsheetml.sheet"),
    ("ppt/", f"{_OFFICE_XML}presentationml.presentation"),
)


def open_office(path: Path, password: str | None) -> BinaryIO:
    """The bytes of an Office file as a stream to close: the file itself, or decrypted in memory where it is locked.

    Raises `EncryptedDocument` where the password is missing or wrong, and `DamagedDocument` for a lock that cannot
    be read.
    """
    stream = path.open("rb")
    if stream.read(len(_OLE_MAGIC)) != _OLE_MAGIC:
        stream.seek(0)
        return stream
    with stream:
        return _decrypt(stream, password)


def open_document(path: Path, options: ParseOptions) -> OpenDocument:
    """Open a locked file with the backend of what it holds. It is decrypted twice, which costs less than a copy."""
    with open_office(path, options.password) as stream:
        media_type = _media_type_inside(stream)
    return formats.open_document(path, media_type, options)


def _decrypt(stream: BinaryIO, password: str | None) -> BinaryIO:
    try:
        file = msoffcrypto.OfficeFile(stream)
        if not file.is_encrypted():
            stream.seek(0)
            return io.BytesIO(stream.read())
    except Exception as error:  # olefile and msoffcrypto raise whatever their input makes them
        raise DamagedDocument("The file is a compound file whose parts cannot be read.") from error
    for candidate in (password, _WELL_KNOWN_PASSWORD):
        if not candidate:
            continue
        decrypted = io.BytesIO()
        try:
            # The verification tells a wrong password apart from a damaged file.
            file.load_key(password=candidate, **({"verify_password": True} if file.format == "ooxml" else {}))
            file.decrypt(decrypted)
        except InvalidKeyError:
            continue
        except (DecryptionError, FileFormatError) as error:
            raise EncryptedDocument("The file is locked in a way that cannot be opened here.") from error
        except Exception as error:
            raise DamagedDocument("The file is locked, and its lock is damaged.") from error
        decrypted.seek(0)
        return decrypted
    if password:
        raise EncryptedDocument("The file is locked, and the password given does not open it.")
    raise EncryptedDocument("The file is locked with a password; give it to have the file read.")


def _media_type_inside(stream: BinaryIO) -> str:
    try:
        with zipfile.ZipFile(stream) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise DamagedDocument("The file was unlocked, and holds no Office document.") from error
    for folder, media_type in _KINDS:
        if any(name.startswith(folder) for name in names):
            return media_type
    raise DamagedDocument("The file was unlocked, and holds no Office document.")
