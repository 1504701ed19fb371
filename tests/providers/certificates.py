"""TLS with a certificate that nobody vouches for."""

import asyncio
import ssl
from pathlib import Path


async def own_certificate(folder: Path) -> ssl.SSLContext:
    """Return a server's TLS on 127.0.0.1; the files it needs are made in `folder`."""
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    made = await asyncio.create_subprocess_exec(
        *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"),
        *("-nodes", "-subj", "/CN=127.0.0.1", "-keyout", str(key), "-out", str(certificate)),
        stderr=asyncio.subprocess.DEVNULL,
    )
    assert await made.wait() == 0
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate, key)
    return tls
