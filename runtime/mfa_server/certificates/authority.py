"""An authority that signs for ten years, and the certificates it issues. No clock and no files: both are handed in.

Keys are P-256 (RFC 5480) or RSA 2048; serial numbers are random (RFC 5280 §4.1.2.2), validity begins an hour early so that a peer
whose clock is slightly behind accepts a new certificate at once.

Why only the internal authority carries a name constraint (RFC 5280 §4.2.1.10): its names are known and every reader of it is this
program. The front authority's names change with the manifest while gateways keep its certificate, and old TLS stacks refuse a
critical constraint that they cannot read; it is bounded by being a root of its own, a path length of 0 and ``serverAuth`` alone.
"""

import ipaddress
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal, Self

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from mfa_server.certificates.names import InternalIdentity
from mfa_server.errors import MfaError

__all__ = ["AUTHORITY_LIFETIME", "Authority", "CertificateError", "Issued", "KeyType"]

KeyType = Literal["ECDSA", "RSA"]

AUTHORITY_LIFETIME = timedelta(days=3652)
"""Ten years."""

_EARLY = timedelta(hours=1)
_COMMON_NAME_CHARACTERS = 64  # RFC 5280 appendix A.1, ub-common-name

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


class CertificateError(MfaError):
    """A certificate or key that cannot be used, or that must not be replaced silently."""

    code = "certificate"


@dataclass(frozen=True, slots=True)
class Issued:
    """A new certificate with its key. ``pem`` is both in one text, so that one atomic replacement changes both."""

    certificate: x509.Certificate
    pem: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Authority:
    """A certificate authority: its own certificate and the key it signs with."""

    certificate: x509.Certificate
    key: PrivateKey = field(repr=False)

    @classmethod
    def create(cls, common_name: str, now: datetime, *, namespace: str = "") -> Self:
        """Make a new authority.

        With ``namespace`` it is an internal one: it can speak only for ``mfa://namespace/…`` identities. Without, it can speak
        only for TLS servers.
        """
        key = ec.generate_private_key(ec.SECP256R1())
        name = _name(common_name)
        usages = [ExtendedKeyUsageOID.SERVER_AUTH]
        builder = _builder(name, name, key.public_key(), now, AUTHORITY_LIFETIME)
        if namespace:
            usages.append(ExtendedKeyUsageOID.CLIENT_AUTH)
            permitted = [x509.UniformResourceIdentifier(namespace)]
            builder = builder.add_extension(x509.NameConstraints(permitted, None), critical=True)
        certificate = (
            builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_key_usage(authority=True, encipherment=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage(usages), critical=False)
            .sign(key, hashes.SHA256())
        )
        return cls(certificate, key)

    @classmethod
    def from_pem(cls, pem: bytes) -> Self:
        """Read certificate and key from one text. Raises CertificateError when they do not belong together or cannot sign."""
        try:
            certificate = x509.load_pem_x509_certificate(pem)
            key = serialization.load_pem_private_key(pem, None)
            authority = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
        except (ValueError, TypeError, UnsupportedAlgorithm, x509.ExtensionNotFound) as error:
            raise CertificateError("the authority cannot be read as a certificate with its key") from error
        if not isinstance(key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) or not authority:
            raise CertificateError("the authority is not a certificate that may sign others")
        if key.public_key() != certificate.public_key():
            raise CertificateError("the authority's key does not belong to its certificate")
        return cls(certificate, key)

    @property
    def pem(self) -> bytes:
        """Certificate and key in one text."""
        return self.certificate_pem + _key_pem(self.key)

    @property
    def certificate_pem(self) -> bytes:
        """The certificate alone: what others are to trust."""
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    def signed(self, certificate: x509.Certificate) -> bool:
        """Whether this very authority signed ``certificate`` (not merely one of the same name)."""
        try:
            certificate.verify_directly_issued_by(self.certificate)
        except (InvalidSignature, ValueError, TypeError):
            return False
        return True

    def issue_server(
        self, names: Sequence[str], addresses: Sequence[str], key_type: KeyType, now: datetime, lifetime: timedelta
    ) -> Issued:
        """Issue a TLS server's certificate for DNS names and IP addresses; the first name is also the subject.

        Raises ValueError when both are empty or an address is none: a certificate without a name helps nobody.
        """
        alternatives: list[x509.GeneralName] = [x509.DNSName(name) for name in names]
        alternatives += [x509.IPAddress(ipaddress.ip_address(address)) for address in addresses]
        if not alternatives:
            raise ValueError("a server certificate needs at least one name or address")
        common_name = (names or addresses)[0]
        return self._issue(common_name, alternatives, key_type, now, lifetime)

    def issue_internal(
        self, identity: InternalIdentity, names: Sequence[str], now: datetime, lifetime: timedelta
    ) -> Issued:
        """Issue a certificate that serves and calls as ``identity``; ``names`` are its DNS names, for callers that check those too."""
        alternatives: list[x509.GeneralName] = [x509.UniformResourceIdentifier(identity.uri)]
        alternatives += [x509.DNSName(name) for name in names]
        return self._issue(f"{identity.group} {identity.role}", alternatives, "ECDSA", now, lifetime, client=True)

    def _issue(
        self,
        common_name: str,
        alternatives: Iterable[x509.GeneralName],
        key_type: KeyType,
        now: datetime,
        lifetime: timedelta,
        *,
        client: bool = False,
    ) -> Issued:
        key: PrivateKey = (
            ec.generate_private_key(ec.SECP256R1())
            if key_type == "ECDSA"
            else rsa.generate_private_key(public_exponent=65537, key_size=2048)
        )
        usages = [ExtendedKeyUsageOID.SERVER_AUTH, *([ExtendedKeyUsageOID.CLIENT_AUTH] if client else [])]
        certificate = (
            _builder(_name(common_name), self.certificate.subject, key.public_key(), now, lifetime)
            .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_key_usage(authority=False, encipherment=key_type == "RSA"), critical=True)
            .add_extension(x509.ExtendedKeyUsage(usages), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()),
                critical=False,
            )
            .sign(self.key, hashes.SHA256())
        )
        return Issued(certificate, certificate.public_bytes(serialization.Encoding.PEM) + _key_pem(key))


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name[:_COMMON_NAME_CHARACTERS])])


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    public_key: ec.EllipticCurvePublicKey | rsa.RSAPublicKey,
    now: datetime,
    lifetime: timedelta,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _EARLY)
        .not_valid_after(now + lifetime)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
    )


def _key_usage(*, authority: bool, encipherment: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not authority,
        content_commitment=False,
        key_encipherment=encipherment,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=authority,
        crl_sign=authority,
        encipher_only=False,
        decipher_only=False,
    )


def _key_pem(key: PrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
