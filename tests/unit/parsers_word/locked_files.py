"""OpenDocument files locked with a password, as LibreOffice and its forerunners wrote them."""

from __future__ import annotations

import base64
import hashlib
import io
import os
import zipfile
import zlib

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC

from tests.support.office_packages import ODF_NAMES, package

ROUNDS = 1_000
_LOEXT = "urn:org:documentfoundation:names:experimental:office:xmlns:loext:1.0"
_HASHES = {"sha1": "SHA1", "sha256": "http://www.w3.org/2000/09/xmldsig#sha256"}
_CHECKS = {"sha1": "SHA1/1K", "sha256": "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0#sha256-1k"}


def lock_parts(plain: bytes, password: str, *, digest: str = "sha256", rounds: int = ROUNDS) -> bytes:
    """The package with each part but its media type encrypted by AES-CBC (ODF 1.2, part 3)."""
    parts: dict[str, str | bytes] = {}
    entries = []
    with zipfile.ZipFile(io.BytesIO(plain)) as archive:
        for name in archive.namelist():
            data = archive.read(name)
            if name != "mimetype":
                salt, initial = os.urandom(16), os.urandom(16)
                deflater = zlib.compressobj(wbits=-15)
                packed = deflater.compress(data) + deflater.flush()
                key = PBKDF2HMAC(SHA1(), 32, salt, rounds).derive(hashlib.new(digest, password.encode()).digest())
                encryptor = Cipher(algorithms.AES(key), modes.CBC(initial)).encryptor()
                missing = 16 - len(packed) % 16
                padded = packed + os.urandom(missing - 1) + bytes([missing])
                check = hashlib.new(digest, packed[:1024]).digest()
                entries.append(
                    f'<manifest:file-entry manifest:full-path="{name}" manifest:size="{len(data)}">'
                    f'<manifest:encryption-data manifest:checksum-type="{_CHECKS[digest]}" '
                    f'manifest:checksum="{_text(check)}"><manifest:algorithm '
                    'manifest:algorithm-name="http://www.w3.org/2001/04/xmlenc#aes256-cbc" '
                    f'manifest:initialisation-vector="{_text(initial)}"/><manifest:start-key-generation '
                    f'manifest:start-key-generation-name="{_HASHES[digest]}"/><manifest:key-derivation '
                    f'manifest:key-derivation-name="PBKDF2" manifest:key-size="32" '
                    f'manifest:iteration-count="{rounds}" manifest:salt="{_text(salt)}"/>'
                    "</manifest:encryption-data></manifest:file-entry>"
                )
                data = encryptor.update(padded) + encryptor.finalize()
            parts[name] = data
    return package({**parts, "META-INF/manifest.xml": _manifest("".join(entries))})


def lock_whole(plain: bytes, password: str, media_type: str) -> bytes:
    """The package as the encrypted part of another one, by AES-GCM and Argon2id (LibreOffice from 24.2 on)."""
    salt, initial = os.urandom(16), os.urandom(12)
    start = hashlib.sha256(password.encode()).digest()
    key = Argon2id(salt=salt, length=32, iterations=1, lanes=1, memory_cost=64).derive(start)
    entry = (
        f'<manifest:file-entry manifest:full-path="encrypted-package" manifest:size="{len(plain)}">'
        "<manifest:encryption-data><manifest:algorithm "
        'manifest:algorithm-name="http://www.w3.org/2009/xmlenc11#aes256-gcm" '
        f'manifest:initialisation-vector="{_text(initial)}"/><manifest:start-key-generation '
        f'manifest:start-key-generation-name="{_HASHES["sha256"]}"/><manifest:key-derivation '
        'manifest:key-derivation-name="urn:org:documentfoundation:names:experimental:office:manifest:argon2id" '
        f'manifest:key-size="32" loext:argon2-iterations="1" loext:argon2-memory="64" loext:argon2-lanes="1" '
        f'xmlns:loext="{_LOEXT}" manifest:salt="{_text(salt)}"/></manifest:encryption-data></manifest:file-entry>'
    )
    return package(
        {
            "mimetype": media_type,
            "encrypted-package": initial + AESGCM(key).encrypt(initial, plain, None),
            "META-INF/manifest.xml": _manifest(entry),
        }
    )


def _manifest(entries: str) -> str:
    return f"<manifest:manifest {ODF_NAMES}>{entries}</manifest:manifest>"


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
