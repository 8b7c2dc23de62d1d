"""What a bundle keeps while all that is taken is more than a Secret can hold: what it has that is still taken. Pure.

Its document alone tells what it has, by names; which Resources these were, a digest that is written along with it.
"""

import json
from bisect import bisect_left
from collections.abc import Iterable, Sequence

from tracardi_operator.api.consumer import BundleFormat
from tracardi_operator.api.digests import short_digest
from tracardi_operator.api.resource import Environment
from tracardi_operator.publish.bundle import render, too_large
from tracardi_operator.publish.bundle.rendered import Rendered
from tracardi_operator.publish.entry import Entry


def members(entries: Iterable[Entry], environment: Environment) -> str:
    """A digest of which Resources these are. One made anew under its name is another one."""
    identities = sorted((entry.namespace, entry.name, entry.uid) for entry in entries)
    return short_digest(json.dumps([environment, identities]))


def included(entries: Iterable[Entry], rendered: Rendered, environment: Environment) -> list[Entry]:
    """The entries that are in the document made from them."""
    omitted = {(omission.namespace, omission.name) for omission in rendered.omitted}
    return [e for e in entries if environment in e.credentials and (e.namespace, e.name) not in omitted]


def held(
    documents: Iterable[bytes], bundle_format: BundleFormat, entries: Iterable[Entry], environment: Environment
) -> list[Entry]:
    """The entries whose names documents of a format have; an entry may be new to a name."""
    there = {name for document in documents for name in _names(bundle_format, document)}
    return [entry for entry in entries if there & _names(bundle_format, _alone(bundle_format, entry, environment))]


def fitting(entries: Sequence[Entry], bundle_format: BundleFormat, environment: Environment) -> list[Entry]:
    """As many as a Secret can hold: all, or the smaller ones."""
    by_size = sorted(entries, key=lambda entry: len(_alone(bundle_format, entry, environment)))

    def exceeds(index: int) -> bool:
        return too_large(render(bundle_format, by_size[: index + 1], environment)) is not None

    if not by_size or not exceeds(len(by_size) - 1):
        return by_size
    return by_size[: bisect_left(range(len(by_size)), True, key=exceeds)]


def _alone(bundle_format: BundleFormat, entry: Entry, environment: Environment) -> bytes:
    return render(bundle_format, [entry], environment).document.encode()


def _names(bundle_format: BundleFormat, document: bytes) -> set[str]:
    """None in what somebody has made unreadable."""
    if bundle_format == "env":
        return {line.partition("=")[0] for line in document.decode(errors="replace").splitlines()}
    try:
        content = json.loads(document)
        if bundle_format == "json":
            return {f"{namespace}/{name}" for namespace, names in content.items() for name in names}
        return set(content)
    except (ValueError, TypeError, AttributeError, RecursionError):
        return set()
