"""Secrets that have to be kept until a job is done (passwords of encrypted files) are sealed before they are stored.

Fernet: AES-128-CBC and HMAC-SHA-256 (github.com/fernet/spec). The key lies beside the catalog, in a file that only the
service's user can read, so a copy of the database alone opens nothing.
"""

from __future__ import annotations

import os
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken

from ingestion.errors import SecretUnreadable


class SecretBox:
    """Seals texts with one key, and opens what it has sealed."""

    def __init__(self, key: bytes) -> None:
        self._fernet = Fernet(key)

    @classmethod
    def of_file(cls, path: Path) -> SecretBox:
        """The box of a key file, which is made (mode 0600) where there is none."""
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return cls(path.read_bytes())
        key = Fernet.generate_key()
        with os.fdopen(descriptor, "wb") as file:
            file.write(key)
            file.flush()
            os.fsync(file.fileno())
        return cls(key)

    def seal(self, text: str) -> str:
        return self._fernet.encrypt(text.encode()).decode("ascii")

    def open(self, sealed: str) -> str:
        """Raises SecretUnreadable where it was sealed with another key, or changed."""
        try:
            return self._fernet.decrypt(sealed.encode("ascii")).decode()
        except (InvalidToken, UnicodeError) as error:
            raise SecretUnreadable("A stored password cannot be opened with this service's key.") from error
