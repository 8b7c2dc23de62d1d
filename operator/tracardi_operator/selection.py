"""What a consumer may take: both halves of the consent, and its label selectors. Pure."""

from collections.abc import Collection, Mapping

from tracardi_operator.api.consumer import LabelSelector, Requirement, ResourceConsumerSpec

Labels = Mapping[str, str]


def takes(
    consumer_namespace: str,
    spec: ResourceConsumerSpec,
    namespace: str,
    labels: Labels,
    allowed_namespaces: Collection[str],
) -> bool:
    """Whether a consumer takes from the Resource that has these labels and allows these namespaces.

    Within a namespace no consent is needed; across, `from` and `allowedNamespaces` must name each other.
    """
    if consumer_namespace != namespace and consumer_namespace not in allowed_namespaces:
        return False
    return any(source.namespace == namespace and matches(source.selector, labels) for source in spec.from_)


def matches(selector: LabelSelector | None, labels: Labels) -> bool:
    """As Kubernetes does (apimachinery: `metav1.LabelSelectorAsSelector`); no selector selects everything."""
    if selector is None:
        return True
    exact = (selector.match_labels or {}).items()
    return all(labels.get(key) == value for key, value in exact) and all(
        _holds(requirement, labels) for requirement in selector.match_expressions or ()
    )


def _holds(requirement: Requirement, labels: Labels) -> bool:
    """`NotIn` holds also where there is no such label."""
    value, values = labels.get(requirement.key), requirement.values or ()
    match requirement.operator:
        case "In":
            return value in values
        case "NotIn":
            return value not in values
        case "Exists":
            return value is not None
        case "DoesNotExist":
            return value is None
