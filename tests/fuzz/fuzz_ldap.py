"""Fuzz the LDAP room: whatever arrives, only the documented errors escape and no session outgrows its limits.

``python -m tests.fuzz.fuzz_ldap --seconds 60 [--seed N]`` mutates the test vectors and well-formed messages; with atheris
installed, ``--atheris`` hands the same target to it. A failing input is printed as hex: add it to the tests.
"""

import argparse
import contextlib
import random
import sys
import time
from collections.abc import Callable, Iterator
from typing import Final

from mfa_server.ldap import (
    ClientSession,
    DistinguishedNameError,
    FilterError,
    LdapError,
    ServerLimits,
    ServerSession,
    decode_controls,
    decode_message,
    decode_operation,
    encode_message,
    format_filter,
    parse_filter,
    parse_name,
)
from mfa_server.ldap.events import (
    BindRequested,
    ExtendedRequested,
    OperationRequested,
    ProtocolViolated,
    ResponseReceived,
    SearchRequested,
    StartTlsRequested,
    UnsolicitedNotification,
)
from mfa_server.ldap.framing import MAX_MESSAGE_FROM_STRANGER
from mfa_server.ldap.messages import LDAPResult, SearchRequest
from tests.mfa_server.ldap.vectors import read_vectors

__all__ = ["fuzz", "main", "seeds", "target"]

_LIMITS: Final = ServerLimits(message_from_stranger=MAX_MESSAGE_FROM_STRANGER, held_messages=4, held_octets=4096)
_SEARCH: Final = SearchRequest("dc=x", 2, parse_filter("(&(objectClass=user)(|(uid=j*)(!(mail=*))))"), ("cn",))
_TEXTS: Final = (
    b"(&(objectClass=user)(|(uid=j*e*)(!(memberOf:dn:1.2.3:=cn=x)))(cn>=a)(sn~=b))",
    rb"uid=\75ser+cn=\"a\2c b\",ou=\#x;2.5.4.3=#0c0161",
)
_INTERESTING: Final = (
    0x00,
    0x01,
    0x02,
    0x04,
    0x0A,
    0x30,
    0x31,
    0x60,
    0x63,
    0x77,
    0x7F,
    0x80,
    0x81,
    0x84,
    0x87,
    0xA0,
    0xA2,
    0xFF,
)


def target(data: bytes) -> None:
    """Feed one input to everything that reads bytes. The first octet says how the rest is cut into pieces."""
    size = 1 + (data[0] if data else 0)
    pieces = [data[start : start + size] for start in range(1, len(data), size)]
    _fuzz_server(pieces)
    _fuzz_client(pieces)
    _fuzz_codec(data[1:])
    _fuzz_text(data[1:])


def _fuzz_server(pieces: list[bytes]) -> None:
    session = ServerSession(limits=_LIMITS)
    for position, piece in enumerate(pieces):
        for event in session.receive(piece):
            _answer(session, event, grant=position % 2 == 0)
        session.resume()
        _check(session.buffered <= _LIMITS.message_from_stranger + len(piece), "the server's session buffers too much")
        _check(session.outstanding <= _LIMITS.outstanding + 1, "the server's session holds too many operations")


def _answer(session: ServerSession, event: object, *, grant: bool) -> None:
    if isinstance(event, BindRequested):
        if grant:
            session.bind_response(event, LDAPResult(0), identity=event)
    elif isinstance(event, SearchRequested):
        _tolerate(event.decode)
        session.refuse(event, LDAPResult(50))
    elif isinstance(event, OperationRequested | ExtendedRequested):
        _tolerate(event.decode_controls)
        session.refuse(event, LDAPResult(53))
    elif isinstance(event, StartTlsRequested):
        session.start_tls_response(event, LDAPResult(52))
    elif isinstance(event, ProtocolViolated):
        _check(session.closed, "a violation leaves the server's session open")


def _fuzz_client(pieces: list[bytes]) -> None:
    session = ClientSession(limit=1 << 16, first_message_id=1)
    session.search(_SEARCH)
    session.abandon(session.search(_SEARCH)[0])
    session.who_am_i()
    for piece in pieces:
        for event in session.receive(piece):
            if isinstance(event, ResponseReceived):
                _tolerate(event.decode)
                _tolerate(event.decode_controls)
            elif isinstance(event, ProtocolViolated):
                _check(session.closed, "a violation leaves the client's session open")
            elif isinstance(event, UnsolicitedNotification):
                _check(session.closed == event.is_disconnection, "a notification confuses the client's session")
        _check(session.buffered <= (1 << 16) + len(piece), "the client's session buffers too much")


def _fuzz_codec(data: bytes) -> None:
    try:
        message = decode_message(data)
    except LdapError:
        message = None
    if message is not None:
        _check(decode_message(encode_message(message)) == message, "a message does not survive its own encoding")
    _tolerate(lambda: decode_controls(data))
    if data:
        _tolerate(lambda: decode_operation(data[0], data[1:]))


def _fuzz_text(data: bytes) -> None:
    try:
        value = parse_filter(data.decode("utf-8", "surrogateescape"))
    except FilterError:
        value = None
    if value is not None:
        _check(parse_filter(format_filter(value)) == value, "a filter does not survive its own text")
    try:
        name = parse_name(data)
    except DistinguishedNameError:
        return
    _check(parse_name(str(name)) == name, "a name does not survive its own text")


def _tolerate(read: Callable[[], object]) -> None:
    with contextlib.suppress(LdapError):
        read()


def _check(holds: bool, complaint: str) -> None:  # noqa: FBT001 - reads as an assertion
    if not holds:
        raise AssertionError(complaint)


def seeds() -> list[bytes]:
    """Where mutation starts: the vectors of the tests, alone and behind each other, and texts."""
    vectors = [*read_vectors("accepted.txt").values(), *read_vectors("refused.txt").values()]
    session = ClientSession(first_message_id=1)
    vectors += [session.search(_SEARCH)[1], session.who_am_i()[1]]
    vectors += _TEXTS
    return [b"\xff" + vector for vector in vectors] + [b"\x03" + b"".join(vectors[:16])]


def _mutated(rng: random.Random, corpus: list[bytes]) -> bytes:
    data = bytearray(rng.choice(corpus))
    for _ in range(rng.choice((1, 1, 1, 2, 4, 8))):
        position = rng.randrange(len(data)) if data else 0
        choice = rng.randrange(7)
        if choice == 0:
            data[position : position + 1] = bytes((rng.randrange(256),))
        elif choice == 1:
            data[position : position + 1] = bytes((rng.choice(_INTERESTING),))
        elif choice == 2:
            del data[position : position + rng.randrange(1, 5)]
        elif choice == 3:
            data[position:position] = data[position : position + rng.randrange(1, 20)]
        elif choice == 4:
            data[position:position] = rng.choice(corpus)[1:][: rng.randrange(1, 60)]
        elif choice == 5:
            data += rng.choice(corpus)[1:]
        else:
            data[position : position + 1] = bytes(((data[position] + rng.choice((-1, 1))) % 256,)) if data else b""
    return bytes(data[:4096])


def fuzz(seed: int, go_on: Callable[[int], bool]) -> int:
    """Run the target on the seeds and then on mutations, as long as `go_on(runs so far)`; how many inputs ran.

    Any failure is raised with the input in its message.
    """
    rng = random.Random(seed)
    corpus = seeds()
    runs = 0
    for data in _inputs(rng, corpus):
        if not go_on(runs):
            break
        try:
            target(data)
        except Exception as failure:
            raise AssertionError(f"seed {seed}, run {runs}: {failure!r}; input {data.hex()}") from failure
        runs += 1
    return runs


def _inputs(rng: random.Random, corpus: list[bytes]) -> Iterator[bytes]:
    yield from corpus
    while True:
        yield _mutated(rng, corpus)


def main(arguments: list[str] | None = None) -> int:
    """The command line: 0 when nothing but documented errors came out; a failure is raised."""
    parser = argparse.ArgumentParser(description="Fuzz the LDAP codec and sessions.")
    parser.add_argument("--seconds", type=float, default=10.0, help="how long (default: 10)")
    parser.add_argument("--seed", type=int, default=None, help="repeat a run (default: the time)")
    parser.add_argument("--atheris", action="store_true", help="hand the target to atheris, which must be installed")
    options = parser.parse_args(arguments)
    if options.atheris:
        import atheris  # type: ignore[import-untyped]  # noqa: PLC0415 - optional

        atheris.instrument_all()
        atheris.Setup(sys.argv[:1], target)
        atheris.Fuzz()
    seed = int(time.time()) if options.seed is None else options.seed
    until = time.monotonic() + options.seconds
    runs = fuzz(seed, lambda _: time.monotonic() < until)
    sys.stdout.write(f"seed {seed}: {runs} inputs, nothing but documented errors\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
