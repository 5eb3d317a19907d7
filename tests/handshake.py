"""Which certificate a server presents to whoever opens a new connection, past every driver."""

import socket
import ssl
import struct

_TIMEOUT_SECONDS = 5
_SSL_REQUEST = struct.pack("<IIB23x", 0x0800 | 0x0200 | 0x8000 | 0x80000, 1 << 24, 45)
"""CLIENT_SSL, CLIENT_PROTOCOL_41, CLIENT_SECURE_CONNECTION and CLIENT_PLUGIN_AUTH; the largest packet; utf8mb4."""
_X_TLS = bytes.fromhex("14000000020a110a0f0a03746c7312080801120408074001")
"""A CapabilitiesSet of the X protocol that asks for TLS."""
_X_OK = 0


def classic(host: str, port: int, ca: str = "") -> bytes:
    """Give the certificate (DER) of a server of the classic protocol; SSLError when ``ca`` does not vouch for it."""
    with socket.create_connection((host, port), timeout=_TIMEOUT_SECONDS) as plain:
        length = int.from_bytes(_read(plain, 4)[:3], "little")
        _read(plain, length)
        plain.sendall(len(_SSL_REQUEST).to_bytes(3, "little") + b"\x01" + _SSL_REQUEST)
        return _certificate(plain, ca)


def x_protocol(host: str, port: int) -> bytes:
    """Give the certificate (DER) of a server of the X protocol."""
    with socket.create_connection((host, port), timeout=_TIMEOUT_SECONDS) as plain:
        plain.sendall(_X_TLS)
        kind = -1
        while kind != _X_OK:
            length, kind = struct.unpack("<IB", _read(plain, 5))
            _read(plain, length - 1)
        return _certificate(plain, "")


def https(host: str, port: int) -> bytes:
    """Give the certificate (DER) of an HTTPS server."""
    with socket.create_connection((host, port), timeout=_TIMEOUT_SECONDS) as plain:
        return _certificate(plain, "")


def _certificate(plain: socket.socket, ca: str) -> bytes:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_REQUIRED if ca else ssl.CERT_NONE
    if ca:
        context.load_verify_locations(ca)
    with context.wrap_socket(plain) as encrypted:
        certificate = encrypted.getpeercert(binary_form=True)
        assert certificate is not None
        return certificate


def _read(connection: socket.socket, length: int) -> bytes:
    found = b""
    while len(found) < length:
        more = connection.recv(length - len(found))
        if not more:
            raise ConnectionError("the server hung up")
        found += more
    return found
