"""OpenDocument files that are locked with a password, unlocked in memory, part by part.

ODF 1.2 (part 3, 3.4 and 4.8): each part is deflated, then encrypted by AES-CBC with a key of its own (PBKDF2 over a
hash of the password); a checksum of the first KiB tells a wrong password. LibreOffice from 24.2 on instead encrypts the
package as a whole, as a part of another one, by AES-GCM with a key from Argon2id. Blowfish, the default of OpenOffice
until version 3.3, is not read here.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import io
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, BinaryIO, Final

from cryptography.exceptions import InvalidTag, UnsupportedAlgorithm
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC

from parsers.backends.odt_names import MANIFEST, Element
from parsers.backends.office_package import MAX_PART_BYTES, Package
from parsers.errors import DamagedDocument, EncryptedDocument, LimitExceeded

_MANIFEST_PART: Final = "META-INF/manifest.xml"
_WHOLE: Final = "encrypted-package"
_LIBREOFFICE: Final = "{urn:org:documentfoundation:names:experimental:office:xmlns:loext:1.0}"
_CHECKED_BYTES: Final = 1024
_GCM_IV_BYTES: Final = 12
_KEY_SIZES: Final = (16, 24, 32)
# What a file may ask of us: LibreOffice writes 100,000 rounds, and 3 over 64 MiB in 4 lanes.
_MOST_ROUNDS: Final = 2_000_000
_MOST_ARGON_ROUNDS: Final = 12
_MOST_ARGON_KIB: Final = 256 * 1024
_MOST_LANES: Final = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class _Lock:
    """How one part is encrypted, as the manifest has it. `derive` makes the key of the hashed password."""

    aead: bool
    initial: bytes
    hash_name: str
    derive: Callable[[bytes], bytes]
    checksum: bytes
    checksum_name: str
    first_only: bool


class UnlockedPackage(Package):
    """A package whose parts were encrypted one by one. Raises `EncryptedDocument` where the password is wrong."""

    def __init__(self, content: BinaryIO, locks: dict[str, _Lock], password: str) -> None:
        super().__init__(content)
        self._locks = locks
        self._password = password

    def read(self, part: str) -> bytes:
        stored = super().read(part)
        lock = self._locks.get(part.lower())
        return stored if lock is None else _inflated(_decrypted(stored, lock, self._password))


def is_locked(package: Package) -> bool:
    """Whether a password is needed to read what the file holds."""
    return package.has(_WHOLE) or (package.has(_MANIFEST_PART) and b"encryption-data" in package.read(_MANIFEST_PART))


def unlock(package: Package, stream: BinaryIO, password: str | None) -> Package:
    """A package that reads what `package`, opened on `stream`, has encrypted.

    Raises `EncryptedDocument`: the password is missing or wrong, or the file is locked in a way that is not known;
    `DamagedDocument`, `LimitExceeded`.
    """
    if not password:
        raise EncryptedDocument("The file is locked with a password; give it to have the file read.")
    locks = _locks(package.xml(_MANIFEST_PART))
    if package.has(_WHOLE):
        lock = locks.get(_WHOLE)
        if lock is None:
            raise DamagedDocument("The file is locked, and does not say how.")
        inner = _decrypted(package.read(_WHOLE), lock, password)
        return Package(io.BytesIO(inner if inner.startswith(b"PK") else _inflated(inner)))
    unlocked = UnlockedPackage(stream, locks, password)
    if "content.xml" in locks:
        try:
            unlocked.read("content.xml")
        except BaseException:
            unlocked.close()
            raise
    return unlocked


def _decrypted(stored: bytes, lock: _Lock, password: str) -> bytes:
    key = lock.derive(hashlib.new(lock.hash_name, password.encode(), usedforsecurity=False).digest())
    if lock.aead:
        begin = _GCM_IV_BYTES if stored.startswith(lock.initial) else 0
        try:
            return AESGCM(key).decrypt(lock.initial, stored[begin:], None)
        except InvalidTag as error:
            raise _wrong_password() from error
        except ValueError as error:
            raise DamagedDocument("The file is locked, and its lock is damaged.") from error
    if len(stored) % 16 or not stored:
        raise DamagedDocument("A locked part of the file is cut short.")
    decryptor = Cipher(algorithms.AES(key), modes.CBC(lock.initial)).decryptor()
    padded = decryptor.update(stored) + decryptor.finalize()
    # The last byte counts those that fill the last block; what they are is not said (W3C XML Encryption 1.1, 5.2).
    plain = padded[: -padded[-1]] if 1 <= padded[-1] <= 16 else b""
    begun = plain[:_CHECKED_BYTES] if lock.first_only else plain
    digest = hashlib.new(lock.checksum_name, begun, usedforsecurity=False).digest()
    if not hmac.compare_digest(digest, lock.checksum):
        raise _wrong_password()
    return plain


def _wrong_password() -> EncryptedDocument:
    return EncryptedDocument("The file is locked, and the password given does not open it.")


def _inflated(data: bytes) -> bytes:
    decompressor = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        plain = decompressor.decompress(data, MAX_PART_BYTES)
    except zlib.error as error:
        raise DamagedDocument("A locked part of the file is damaged.") from error
    if decompressor.unconsumed_tail:
        raise LimitExceeded(f"A part unpacks to more than the {MAX_PART_BYTES:,} bytes allowed.")
    return plain


def _locks(manifest: Element) -> dict[str, _Lock]:
    """The locks of all parts, by their names in lower case."""
    found: dict[str, _Lock] = {}
    for entry in manifest.iter(f"{MANIFEST}file-entry"):
        data = entry.find(f"{MANIFEST}encryption-data")
        if data is not None:
            found[entry.get(f"{MANIFEST}full-path", "").lower()] = _lock(data)
    return found


def _lock(data: Element) -> _Lock:
    algorithm, derivation = data.find(f"{MANIFEST}algorithm"), data.find(f"{MANIFEST}key-derivation")
    start = data.find(f"{MANIFEST}start-key-generation")
    if algorithm is None or derivation is None:
        raise DamagedDocument("The file is locked, and its lock is damaged.")
    name = algorithm.get(f"{MANIFEST}algorithm-name", "")
    aead = name.endswith("-gcm")
    if not (aead or name.endswith("-cbc")) or "#aes" not in name:
        raise EncryptedDocument("The file is locked in a way that cannot be opened here.")
    checksum_type = data.get(f"{MANIFEST}checksum-type", "sha1").lower()
    initial = _bytes(algorithm, "initialisation-vector")
    if len(initial) != (_GCM_IV_BYTES if aead else 16):
        raise DamagedDocument("The file is locked, and its lock is damaged.")
    return _Lock(
        aead=aead,
        initial=initial,
        hash_name=_hash("sha1" if start is None else start.get(f"{MANIFEST}start-key-generation-name", "")),
        derive=_derivation(derivation, 32 if "256" in name else 24 if "192" in name else 16),
        checksum=b"" if aead else _bytes(data, "checksum"),
        checksum_name=_hash(checksum_type),
        first_only=checksum_type.endswith("1k"),
    )


def _hash(name: str) -> str:
    """`sha1` or `sha256`, from names as `SHA1/1K`, `http://www.w3.org/2000/09/xmldsig#sha256`, `…#sha256-1k`."""
    return "sha256" if "sha256" in name.lower() else "sha1"


def _derivation(given: Element, key_size: int) -> Callable[[bytes], bytes]:
    """What makes a key of a hashed password; not run yet, but its costs are checked."""
    salt = _bytes(given, "salt")
    size = _number(given.get(f"{MANIFEST}key-size"), 1_024, key_size)
    if size not in _KEY_SIZES or not salt:
        raise DamagedDocument("The file is locked, and its lock is damaged.")
    if given.get(f"{MANIFEST}key-derivation-name", "").lower().endswith("argon2id"):
        rounds = _number(given.get(f"{_LIBREOFFICE}argon2-iterations"), _MOST_ARGON_ROUNDS)
        memory = _number(given.get(f"{_LIBREOFFICE}argon2-memory"), _MOST_ARGON_KIB)
        lanes = _number(given.get(f"{_LIBREOFFICE}argon2-lanes"), _MOST_LANES)
        return lambda start: _argon2(salt, size, rounds, lanes, memory, start)
    rounds = _number(given.get(f"{MANIFEST}iteration-count"), _MOST_ROUNDS)
    # The standard has no other; as the hash of a PBKDF2, it has no known weakness.
    return lambda start: PBKDF2HMAC(SHA1(), size, salt, rounds).derive(start)  # noqa: S303


def _argon2(salt: bytes, size: int, rounds: int, lanes: int, memory: int, start: bytes) -> bytes:
    try:
        return Argon2id(salt=salt, length=size, iterations=rounds, lanes=lanes, memory_cost=memory).derive(start)
    except UnsupportedAlgorithm as error:
        raise EncryptedDocument("The file is locked in a way that cannot be opened here.") from error
    except ValueError as error:
        raise DamagedDocument("The file is locked, and its lock is damaged.") from error


def _number(text: str | None, most: int, default: int = 0) -> int:
    value = int(text) if text is not None and text.isascii() and text.isdecimal() and len(text) < 10 else default
    if value > most:
        raise LimitExceeded("The file's lock costs more to open than is allowed.")
    if value < 1:
        raise DamagedDocument("The file is locked, and its lock is damaged.")
    return value


def _bytes(element: Any, name: str) -> bytes:
    try:
        return base64.b64decode(element.get(MANIFEST + name, ""), validate=True)
    except (binascii.Error, ValueError) as error:
        raise DamagedDocument("The file is locked, and its lock is damaged.") from error
