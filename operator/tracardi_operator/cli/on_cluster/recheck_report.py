"""What the admission policies would refuse now, for people and for programs. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from tracardi_operator.api.names import CONSUMER_KIND, KIND
from tracardi_operator.cli.on_cluster.access import Author
from tracardi_operator.cli.on_cluster.policy_rules import Finding
from tracardi_operator.cli.tables import count, table

_HEADINGS: Final = ("NAMESPACE", "KIND", "NAME", "POLICY", "WHERE", "WHAT")


@dataclass(frozen=True, slots=True)
class Rechecked:
    """One object. `refused` and `unjudged` are in the order of the policies."""

    kind: str
    namespace: str
    name: str
    sort: str
    """The type of a Resource, the target of a ResourceConsumer."""
    refused: Sequence[Finding] = ()
    unjudged: Sequence[Finding] = ()
    """What a policy may object to: that depends on something which is not known here."""


@dataclass(frozen=True, slots=True)
class Report:
    objects: Sequence[Rechecked]
    author: Author | None
    """Whose rights were asked about."""
    unread: Sequence[str]
    scope: str

    @property
    def refused(self) -> list[Rechecked]:
        return [one for one in self.objects if one.refused]

    def of(self, kind: str) -> list[Rechecked]:
        return [one for one in self.objects if one.kind == kind]


def as_data(report: Report) -> dict[str, Any]:
    """The shape that programs may rely on."""
    return {
        "author": {"user": report.author.user, "groups": report.author.all_groups} if report.author else None,
        "resources": [_object(one, "type") for one in report.of(KIND)],
        "consumers": [_object(one, "target") for one in report.of(CONSUMER_KIND)],
        "unread": list(report.unread),
    }


def _object(one: Rechecked, sort: str) -> dict[str, Any]:
    return {
        "namespace": one.namespace,
        "name": one.name,
        sort: one.sort,
        "refused": [_finding(finding) for finding in one.refused],
        "unjudged": [_finding(finding) for finding in one.unjudged],
    }


def _finding(finding: Finding) -> dict[str, Any]:
    needs = str(finding.right) if finding.right else None
    return {"policy": finding.policy, "path": f"spec.{finding.path}", "message": finding.message, "needs": needs}


def as_table(report: Report) -> Iterator[str]:
    """A row for each thing that would be refused, if there is any."""
    rows = [_row(one, finding, report.author) for one in report.refused for finding in one.refused]
    if rows:
        yield table(_HEADINGS, rows)


def _row(one: Rechecked, finding: Finding, author: Author | None) -> tuple[str, ...]:
    what = f"{author.user} may not {finding.right}" if author and finding.right else finding.message
    return one.namespace, one.kind, one.name, finding.policy, finding.path, what


def summary(report: Report) -> str:
    """One line that says how it went, and what was not looked at."""
    if not report.objects:
        return f"no Resources in {report.scope}"
    counts = [count(len(found), kind) for kind in (KIND, CONSUMER_KIND) if (found := report.of(kind))]
    to_whom = f" if {report.author.user} created it now" if report.author else ""
    refused = f"{len(report.refused)} would be refused" if report.refused else "none would be refused"
    return f"{' and '.join(counts)}: {refused}{to_whom}{_unjudged(report)}"


def _unjudged(report: Report) -> str:
    findings = [finding for one in report.objects for finding in one.unjudged]
    rights = sum(finding.right is not None for finding in findings)
    keys = len(findings) - rights
    who = f"{count(rights, 'right')} of authors (who wrote an object is not recorded; give --as-user)"
    what = f"{count(keys, 'key')} with a domain (you may not get the policy; give --allowed-domain)"
    parts = [words for number, words in ((rights, who), (keys, what)) if number]
    return f"; not judged: {' and '.join(parts)}" if parts else ""
