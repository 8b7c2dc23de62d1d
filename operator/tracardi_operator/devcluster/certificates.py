"""Keys and certificates of a control plane: elliptic curves, files readable by their owner alone."""

import datetime
import ipaddress
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

VALIDITY = datetime.timedelta(days=365)
CLOCK_SKEW = datetime.timedelta(days=2)
"""The clock of a client may be so much behind."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A certificate and its private key, both PEM."""

    certificate: bytes
    key: bytes

    def write(self, directory: Path, name: str) -> None:
        """Write `<name>.crt` and `<name>.key`."""
        write_private(directory / f"{name}.crt", self.certificate)
        write_private(directory / f"{name}.key", self.key)


class Authority:
    """A certificate authority that lives as long as this object: its key is never written."""

    def __init__(self, key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate) -> None:
        self._key = key
        self._certificate = certificate

    @classmethod
    def create(cls, common_name: str) -> Self:
        key = new_key()
        name = subject(common_name)
        builder = unsigned(name, name, key, x509.BasicConstraints(ca=True, path_length=0))
        return cls(key, builder.sign(key, hashes.SHA256()))

    @property
    def certificate(self) -> bytes:
        return self._certificate.public_bytes(serialization.Encoding.PEM)

    def server(self, common_name: str, hosts: Iterable[str]) -> Pair:
        """A certificate for `hosts`, names and addresses. etcd's peers use it as clients too."""
        names = x509.SubjectAlternativeName([general_name(host) for host in hosts])
        return self._issue(
            subject(common_name), [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH], names
        )

    def client(self, user: str, groups: Iterable[str] = ()) -> Pair:
        """A certificate that Kubernetes reads as `user` in `groups`."""
        return self._issue(subject(user, groups), [ExtendedKeyUsageOID.CLIENT_AUTH])

    def _issue(self, name: x509.Name, usages: list[x509.ObjectIdentifier], *extensions: x509.ExtensionType) -> Pair:
        key = new_key()
        builder = unsigned(name, self._certificate.subject, key, x509.BasicConstraints(ca=False, path_length=None))
        issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        for extension in [issuer, x509.ExtendedKeyUsage(usages), *extensions]:
            builder = builder.add_extension(extension, critical=False)
        certificate = builder.sign(self._key, hashes.SHA256())
        return Pair(certificate.public_bytes(serialization.Encoding.PEM), private_pem(key))


def unsigned(
    name: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, constraints: x509.BasicConstraints
) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - CLOCK_SKEW)
        .not_valid_after(now + VALIDITY)
        .add_extension(constraints, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def subject(common_name: str, groups: Iterable[str] = ()) -> x509.Name:
    organisations = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, group) for group in groups]
    return x509.Name([*organisations, x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def new_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def private_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    # SEC1: the one form that every flag of the Kubernetes components takes
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )


def public_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def write_private(path: Path, content: bytes) -> None:
    """Write a file that only its owner can read; nobody can open it before it is so."""
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
