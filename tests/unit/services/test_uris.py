"""Connection strings are read as others read them, or not at all."""

import ipaddress
from urllib.parse import quote, unquote, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic_core import MultiHostUrl

from tests.unit.services.support import check_alone
from tracardi_operator.services.addresses import parse_hosts
from tracardi_operator.services.catalogue import builtin
from tracardi_operator.services.types.apache_pulsar import is_signed_jwt
from tracardi_operator.services.uris import URI_AFTER_SCHEME, Uri, parse_uri

TEXTS = st.text(st.characters(codec="utf-8"), min_size=1)
URIS = st.from_regex(rf"\A(?:mongodb|amqp){URI_AFTER_SCHEME}\Z")


def parsed(text: str) -> Uri:
    uri = parse_uri(text)
    assert uri
    return uri


def same_host(ours: str, theirs: str | None) -> bool:
    if ":" in ours:
        return ipaddress.ip_address(ours) == ipaddress.ip_address((theirs or "").strip("[]"))
    return theirs == ours


@settings(max_examples=50)
@given(URIS)
def test_a_uri_that_is_read_has_the_hosts_and_login_that_another_parser_reads(text: str) -> None:
    uri = parse_uri(text)
    if uri is None:
        return
    theirs = MultiHostUrl(text).hosts()
    assert all(same_host(our.host, their["host"]) for our, their in zip(uri.hosts, theirs, strict=True))
    assert [host.port for host in uri.hosts] == [host["port"] for host in theirs]
    login = tuple(unquote(part) if part else None for part in (theirs[0]["username"], theirs[0]["password"]))
    assert (uri.user or None, uri.password or None) == login


@settings(max_examples=50)
@given(URIS)
def test_a_uri_of_one_host_has_the_host_that_the_standard_library_reads(text: str) -> None:
    uri = parse_uri(text)
    if uri and len(uri.hosts) == 1:
        theirs = urlsplit(text)
        assert (theirs.hostname, theirs.port) == (uri.hosts[0].host.lower(), uri.hosts[0].port)


@given(TEXTS, TEXTS, TEXTS)
def test_user_password_and_path_come_back_as_they_were_escaped(user: str, password: str, path: str) -> None:
    escaped = (quote(part, safe="") for part in (user, password, path))
    uri = parsed("amqp://{}:{}@rabbitmq:5672/{}".format(*escaped))
    assert (uri.user, uri.password, uri.path) == (user, password, path)


@given(st.text())
def test_no_text_breaks_a_parser(text: str) -> None:
    for beginning in ("", "mongodb://", "amqp://a:b@", "eyJhbGciOiJIUzI1NiJ9."):
        parse_uri(beginning + text)
        parse_hosts(beginning + text)
        is_signed_jwt(beginning + text)


def test_what_is_absent_differs_from_what_is_empty() -> None:
    bare, empty = parsed("amqp://h"), parsed("amqp://:@h/")
    assert (bare.user, bare.password, bare.path) == (None, None, None)
    assert (empty.user, empty.password, empty.path) == ("", "", "")


def test_options_are_found_whatever_the_case_of_their_names_and_the_mark_between_them() -> None:
    assert parsed("mongodb://h/?tLs=true;W=m%61jority&x=").options == {"tls": "true", "w": "majority", "x": ""}


@pytest.mark.parametrize("text", ["amqp://u:%FF@h", "amqp://h:99999", "amqp://256.1.1.1", "amqp://a,b/c,", "amqp://"])
def test_a_uri_with_a_part_that_is_none_is_not_read(text: str) -> None:
    uri = parse_uri(text)
    assert uri is None or not builtin()["rabbitmq"].fields[0].format.matches(text)  # type: ignore[union-attr]


def test_what_is_wrong_with_a_password_inside_is_told_without_showing_it() -> None:
    service = builtin()["mongodb"]
    (problem,) = check_alone(service, service.fields[0], "mongodb://someone:changeme@db")
    assert problem.message.startswith("has a password inside that is a word that stands for a value in examples")
    assert not [word for word in ("someone", "changeme") if word in problem.message]


def test_a_uri_does_not_show_its_login_or_options() -> None:
    shown = repr(parsed("mongodb://someone:hidden@db/?appName=quiet"))
    assert not [word for word in ("someone", "hidden", "quiet") if word in shown]
