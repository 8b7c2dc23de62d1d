"""What to do about a finding: how to store a value rightly, or where to get the right one."""

from typing import Final

from tracardi_operator.api.problems import Reason, Source, SourceKind
from tracardi_operator.services.model import Field, Finding, Kind, ServiceType

_STORED_WRONGLY: Final = frozenset(
    {Reason.WHITESPACE, Reason.NOT_TEXT, Reason.DOUBLE_ENCODED, Reason.PASTED_PREFIX, Reason.EMPTY}
)
_WRONG_VALUE: Final = frozenset({Reason.PLACEHOLDER, Reason.BAD_FORMAT})


def remedy(service: ServiceType, definition: Field, finding: Finding, source: Source) -> str:
    """Sentences that follow a finding about one value, or nothing where the finding says all."""
    if finding.reason in _STORED_WRONGLY:
        return _store(source)
    if finding.reason in _WRONG_VALUE:
        return where_to_get(service, definition)
    return ""


def where_to_get(service: ServiceType, definition: Field) -> str:
    """Where a person gets the value, for values that one gets from somewhere."""
    if definition.choices or not (definition.how_to or definition.kind is Kind.STRING):
        return ""
    told = [definition.how_to or service.how_to, f"See {service.url}" if service.url else ""]
    return "".join(f"{mark}{words}" for mark, words in zip((". ", " "), filter(None, told), strict=False))


def _store(source: Source) -> str:
    if source.kind is not SourceKind.SECRET or source.member:
        return f". Correct {source}"
    # Without a VALUE the shell stops before anything is overwritten.
    patch = rf"""{{\"data\":{{\"{source.key}\":\"$(printf %s "$VALUE" | base64 | tr -d '\n')\"}}}}"""
    return f'. With the bare value in VALUE: : "${{VALUE:?}}" && kubectl patch secret {source.name} -p "{patch}"'
