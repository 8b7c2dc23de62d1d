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
        return _store(definition, source)
    if finding.reason in _WRONG_VALUE:
        return where_to_get(service, definition)
    return ""


def where_to_get(service: ServiceType, definition: Field) -> str:
    """Where a person gets the value, for values that one gets from somewhere."""
    if definition.choices or not (definition.how_to or definition.kind is Kind.STRING):
        return ""
    told = " ".join(filter(None, (definition.how_to or service.how_to, service.url and f"See {service.url}")))
    return f". {told}" if told else ""


def _store(definition: Field, source: Source) -> str:
    """The command that stores a value rightly. The value is no argument of a program; without one nothing happens."""
    if source.kind is not SourceKind.SECRET or source.member:
        return f". Correct {source}"
    if definition.multiline or definition.kind is Kind.OBJECT:
        what, ask, encode = "give the path of the file", 'read -r FILE && [ -s "$FILE" ]', 'base64 < "$FILE"'
    else:
        what, ask, encode = "paste the bare value", 'read -rs VALUE && [ "$VALUE" ]', 'printf %s "$VALUE" | base64'
    patch = f"""printf '{{"data":{{"{source.key}":"%s"}}}}' "$({encode} | tr -d '\\n')\""""
    command = f"{ask} && {patch} | kubectl patch secret {source.name} --patch-file /dev/stdin"
    return f". In the namespace of the Resource run this and {what}: {command}"
