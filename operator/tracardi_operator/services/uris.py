"""Connection strings: `scheme://[user[:password]@]host[:port][,host[:port] …][/path][?name=value …]`.

Stricter than RFC 3986, section 3.2, and than most parsers, which disagree on what an unescaped `@ : /` in a password
belongs to: there the host could become another one. The text alone decides; no file is opened and no name resolved.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import unquote

from tracardi_operator.services.addresses import HOST, PORT, Address, parse_hosts
from tracardi_operator.services.model import Field, Mistake

_ESCAPED: Final = r"(?:[A-Za-z0-9._~!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*"
_QUERY: Final = r"(?:[A-Za-z0-9._~!$'()*+,:@/-]|%[0-9A-Fa-f]{2})*"
_OPTION: Final = rf"[A-Za-z][A-Za-z0-9_]*={_QUERY}"
URI_AFTER_SCHEME: Final = (
    rf"://(?:{_ESCAPED}(?::{_ESCAPED})?@)?{HOST}{PORT}(?:,{HOST}{PORT})*"
    rf"(?:/{_ESCAPED})?(?:\?{_OPTION}(?:[&;]{_OPTION})*)?"
)
_URI: Final = re.compile(
    r"(?P<scheme>[a-z][a-z0-9+]*)://(?:(?P<user>[^@:/?]*)(?::(?P<password>[^@:/?]*))?@)?(?P<hosts>[^@/?]*)"
    r"(?:/(?P<path>[^?]*))?(?:\?(?P<query>.*))?",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Uri:
    """The parts of a connection string, with user, password and path decoded. None is not the same as empty."""

    scheme: str
    hosts: tuple[Address, ...]
    user: str | None = field(repr=False)
    password: str | None = field(repr=False)
    path: str | None
    options: dict[str, str] = field(repr=False)
    """By their names in lower case."""


def parse_uri(text: str) -> Uri | None:
    """The parts of what has the form `scheme` + `URI_AFTER_SCHEME`, or None if a host, port or escape is none."""
    match = _URI.fullmatch(text)
    hosts = parse_hosts(match["hosts"]) if match else None
    if match is None or hosts is None:
        return None
    try:
        user, password, path = (_decoded(match[part]) for part in ("user", "password", "path"))
        options = {name.lower(): unquote(value, errors="strict") for name, value in _pairs(match["query"] or "")}
    except UnicodeDecodeError:
        return None
    return Uri(match["scheme"], hosts, user, password, path, options)


_USER: Final = Field(name="user", title="user")
_PASSWORD: Final = Field(name="password", title="password", sensitive=True, password=True)


def login_inside(text: str) -> Iterator[tuple[Field, str]]:
    """User and password of a URI, decoded, as fields of their own."""
    uri = parse_uri(text)
    if uri and uri.user is not None:
        yield _USER, uri.user
    if uri and uri.password is not None:
        yield _PASSWORD, uri.password


def _decoded(part: str | None) -> str | None:
    return None if part is None else unquote(part, errors="strict")


def _pairs(query: str) -> list[tuple[str, str]]:
    options = (option.partition("=") for option in re.split("[&;]", query) if option)
    return [(name, value) for name, _, value in options]


_SCHEME: Final = r"[a-z][a-z0-9+]*://"
UNESCAPED_LOGIN: Final = (
    Mistake(
        rf"{_SCHEME}[^/?#@]*@[^/?#@]*@.*"
        rf"|{_SCHEME}[^/?#@:]*:[^/?#@:]*:[^/?#@]*@.*"
        rf"|{_SCHEME}[^/?#@:]*:(?![0-9]{{1,5}}[/?#,])[^/?#@]*[/?#].*@.*",
        "a URI whose user or password holds one of @ : / ? # as it is; "
        "write %40 for @, %3A for :, %2F for /, %3F for ? and %23 for #",
    ),
    Mistake(
        rf"{_SCHEME}(?:[^/?#@%]|%[0-9A-Fa-f]{{2}})*%(?![0-9A-Fa-f]{{2}})[^/?#@]*@.*",
        "a URI whose user or password holds a % as it is; write %25 for it",
    ),
)
FILE_OPTION: Final = Mistake(
    rf"{_SCHEME}[^?]*\?(?:[^&;]*[&;])*(?=[A-Za-z0-9_]*(?i:file|path|certs))[A-Za-z0-9_]+=(?s:.*)",
    "a URI with an option that names a file of the machine where it is used, which is not allowed here",
)
