"""Certificates as Kubernetes reads them, and files that only their owner reads."""

from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.x509.oid import NameOID

from tracardi_operator.devcluster.certificates import Authority, write_private


def test_a_client_certificate_says_user_and_groups() -> None:
    pair = Authority.create("ca").client("alice", ["team-a", "team-b"])
    subject = x509.load_pem_x509_certificate(pair.certificate).subject
    assert [name.value for name in subject.get_attributes_for_oid(NameOID.COMMON_NAME)] == ["alice"]
    assert [name.value for name in subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)] == ["team-a", "team-b"]


def test_a_server_certificate_names_hosts_and_addresses() -> None:
    pair = Authority.create("ca").server("api", ["localhost", "127.0.0.1"])
    certificate = x509.load_pem_x509_certificate(pair.certificate)
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["localhost"]
    assert names.get_values_for_type(x509.IPAddress) == [ip_address("127.0.0.1")]


def test_a_certificate_is_of_its_authority_and_no_other() -> None:
    authority = Authority.create("ca")
    certificate = x509.load_pem_x509_certificate(authority.client("alice").certificate)
    certificate.verify_directly_issued_by(x509.load_pem_x509_certificate(authority.certificate))
    with pytest.raises(InvalidSignature):
        certificate.verify_directly_issued_by(x509.load_pem_x509_certificate(Authority.create("ca").certificate))


def test_a_private_file_is_closed_to_others_even_if_it_was_open_before(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.touch(0o644)
    write_private(path, b"secret")
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.read_bytes() == b"secret"


def test_a_pair_is_written_as_certificate_and_key(tmp_path: Path) -> None:
    Authority.create("ca").client("alice").write(tmp_path, "alice")
    assert b"BEGIN CERTIFICATE" in (tmp_path / "alice.crt").read_bytes()
    assert b"PRIVATE KEY" in (tmp_path / "alice.key").read_bytes()
