"""Hypothesis strategies: every value of `messages` and `filters` that has an encoding, and ways to cut bytes up."""

from itertools import pairwise

from hypothesis import strategies as st

from mfa_server.ldap import messages as m
from mfa_server.ldap.filters import (
    And,
    ApproxMatch,
    EqualityMatch,
    ExtensibleMatch,
    Filter,
    GreaterOrEqual,
    LessOrEqual,
    Not,
    Or,
    Present,
    Substrings,
)
from mfa_server.ldap.results import ResultCode

__all__ = [
    "attribute_descriptions",
    "chunks_of",
    "controls",
    "filters",
    "message_ids",
    "messages",
    "operations",
    "requests",
    "results",
    "texts",
]

texts = st.text(st.characters(codec="utf-8"), max_size=20)
octets = st.binary(max_size=200)
numbers = st.integers(0, 2**31 - 1)
message_ids = st.integers(1, 2**31 - 1)
oids = st.sampled_from(["1.2.840.113556.1.4.319", "2.5.4.3", "1.3.6.1.4.1.4203.1.11.3", "0.9"])
attribute_descriptions = st.sampled_from(
    ["cn", "objectClass", "memberOf;range=0-1499", "2.5.4.3", "userCertificate;binary"]
)
filter_descriptions = st.sampled_from(["cn", "objectClass", "2.5.4.3", "userCertificate;binary", "msDS-x"])
pieces = st.binary(min_size=1, max_size=8)

controls = st.lists(st.builds(m.Control, oids, st.booleans(), st.none() | octets), max_size=3).map(tuple)
results = st.builds(
    m.LDAPResult,
    st.sampled_from([int(code) for code in ResultCode if code <= 80]),
    texts,
    texts,
    st.lists(texts, max_size=2).map(tuple),
)
attributes = st.builds(m.Attribute, attribute_descriptions, st.lists(octets, max_size=3).map(tuple))
attribute_lists = st.lists(attributes, max_size=3).map(tuple)

_substrings = st.builds(
    Substrings,
    filter_descriptions,
    st.none() | pieces,
    st.lists(pieces, max_size=2).map(tuple),
    st.none() | pieces,
).filter(lambda value: value.initial is not None or value.final is not None or bool(value.any))
_extensible = st.builds(
    ExtensibleMatch, octets, st.none() | filter_descriptions, st.none() | oids, st.booleans()
).filter(lambda value: value.attribute is not None or value.matching_rule is not None)
_leaves: st.SearchStrategy[Filter] = (
    st.builds(EqualityMatch, filter_descriptions, octets)
    | st.builds(GreaterOrEqual, filter_descriptions, octets)
    | st.builds(LessOrEqual, filter_descriptions, octets)
    | st.builds(ApproxMatch, filter_descriptions, octets)
    | st.builds(Present, filter_descriptions)
    | _substrings
    | _extensible
)
filters: st.SearchStrategy[Filter] = st.recursive(
    _leaves,
    lambda inner: (
        st.builds(And, st.lists(inner, max_size=3).map(tuple))
        | st.builds(Or, st.lists(inner, max_size=3).map(tuple))
        | st.builds(Not, inner)
    ),
    max_leaves=8,
)

_authentications = (
    st.builds(m.SimpleAuthentication, octets)
    | st.builds(m.SaslCredentials, texts, st.none() | octets)
    | st.builds(m.OtherAuthentication, st.sampled_from([0x89, 0x8A, 0x8B]), octets)
)
binds = st.builds(m.BindRequest, st.integers(0, 127), texts, _authentications)
searches = st.builds(
    m.SearchRequest,
    texts,
    st.integers(0, 2),
    filters,
    st.lists(attribute_descriptions, max_size=3).map(tuple),
    st.integers(0, 3),
    numbers,
    numbers,
    st.booleans(),
)
_extended_request = st.builds(m.ExtendedRequest, oids, st.none() | octets)
requests: st.SearchStrategy[m.Operation] = (
    searches
    | st.builds(
        m.ModifyRequest,
        texts,
        st.lists(st.builds(m.Change, st.integers(0, 2), attributes), max_size=3).map(tuple),
    )
    | st.builds(m.AddRequest, texts, attribute_lists)
    | st.builds(m.DelRequest, texts)
    | st.builds(m.ModifyDNRequest, texts, texts, st.booleans(), st.none() | texts)
    | st.builds(m.CompareRequest, texts, attribute_descriptions, octets)
    | _extended_request
)
operations: st.SearchStrategy[m.Operation] = (
    binds
    | requests
    | st.builds(m.BindResponse, results, st.none() | octets)
    | st.just(m.UnbindRequest())
    | st.builds(m.SearchResultEntry, texts, attribute_lists)
    | st.builds(m.SearchResultReference, st.lists(texts, min_size=1, max_size=3).map(tuple))
    | st.builds(m.SearchResultDone, results)
    | st.builds(m.ModifyResponse, results)
    | st.builds(m.AddResponse, results)
    | st.builds(m.DelResponse, results)
    | st.builds(m.ModifyDNResponse, results)
    | st.builds(m.CompareResponse, results)
    | st.builds(m.AbandonRequest, message_ids)
    | st.builds(m.ExtendedResponse, results, st.none() | oids, st.none() | octets)
    | st.builds(m.IntermediateResponse, st.none() | oids, st.none() | octets)
)
messages = st.builds(m.LDAPMessage, message_ids, operations, controls)


@st.composite
def chunks_of(draw: st.DrawFn, data: bytes) -> list[bytes]:
    """The bytes in pieces of any size."""
    cuts = sorted(draw(st.lists(st.integers(0, len(data)), max_size=12)))
    edges = [0, *cuts, len(data)]
    return [data[start:stop] for start, stop in pairwise(edges)]
