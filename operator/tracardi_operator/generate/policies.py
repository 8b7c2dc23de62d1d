"""Admission policies (DESIGN section 4): what an author may name, write and decide, asked of the API server itself.

One expression may spend 1,000,000 and one policy 10,000,000 of CEL cost, one `check()` costs 350,000, and a message
can't ask the authorizer: hence one validation per object named, and a policy for each kind of object.
"""

from collections.abc import Mapping
from typing import Any, Final

from tracardi_operator.api import names
from tracardi_operator.api.resource import MAX_REFERENCES, objects_named
from tracardi_operator.services.model import ServiceType

OPERATOR: Final = "system:serviceaccount:tracardi-system:tracardi-operator"
"""Who writes `status`. An installation in another namespace patches the variable `operator` of the policy."""

ALLOWED_DOMAINS: Final = "[]"
"""CEL: domains of labels and annotations that authors may put on outputs. An installation patches `allowedDomains`."""

_PREFIX: Final = f"{names.MANAGER}-"
_CREDENTIALS: Final = "object.spec.credentials"
_EVERY_SPEC: Final = {
    "name": "changed",
    "expression": "request.operation == 'CREATE' || object.spec != oldObject.spec",
}
"""Labels, finalizers and garbage collection need no rights on Secrets."""

Document = dict[str, Any]


def policies(catalogue: Mapping[str, ServiceType]) -> dict[str, tuple[Document, Document]]:
    """Each policy and its binding, by short name."""
    specs = {
        "secret-references": _references("secrets", "Secret", objects_named(_CREDENTIALS, "secretKeyRef")),
        "configmap-references": _references("configmaps", "ConfigMap", objects_named(_CREDENTIALS, "configMapKeyRef")),
        "literals": _literals(catalogue),
        "outputs": _outputs(),
        "consumers": _consumers(),
        "status": _status(),
    }
    return {name: (_policy(name, spec), _binding(name)) for name, spec in specs.items()}


def policy_name(name: str) -> str:
    return f"{_PREFIX}{name}"


def _policy(name: str, spec: Document) -> Document:
    return {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicy",
        "metadata": {"name": policy_name(name)},
        "spec": {"failurePolicy": "Fail", **spec},
    }


def _binding(name: str) -> Document:
    return {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicyBinding",
        "metadata": {"name": policy_name(name)},
        "spec": {"policyName": policy_name(name), "validationActions": ["Deny"]},
    }


def _on(resources: list[str], *operations: str) -> Document:
    rule = {
        "apiGroups": [names.GROUP],
        "apiVersions": [names.VERSION],
        "operations": list(operations),
        "resources": resources,
    }
    return {"resourceRules": [rule]}


def _on_spec(variables: Mapping[str, str], validations: list[Document], plural: str = names.PLURAL) -> Document:
    return {
        "matchConstraints": _on([plural], "CREATE", "UPDATE"),
        "matchConditions": [_EVERY_SPEC],
        "variables": [{"name": name, "expression": expression} for name, expression in variables.items()],
        "validations": validations,
    }


def _allowed(resource: str, verb: str, name: str = "") -> str:
    by_name = f".name({name})" if name else ""
    return (
        f"authorizer.group('').resource('{resource}').namespace(request.namespace){by_name}.check('{verb}').allowed()"
    )


def _references(resource: str, kind: str, named: str) -> Document:
    """The author must be allowed to get every object that the Resource names."""
    few = {
        "expression": f"size(variables.named) <= {MAX_REFERENCES}",
        "message": f"a Resource may name {MAX_REFERENCES} different {kind}s",
    }
    # Sorted, because the order of a map's keys differs between evaluations, and a message is an evaluation of its own.
    variables = {"named": f"{named}.sort()", "getsAll": _allowed(resource, "get")}
    return _on_spec(variables, [few, *(_may_get(resource, kind, index) for index in range(MAX_REFERENCES))])


def _may_get(resource: str, kind: str, index: int) -> Document:
    name = f"variables.named[{index}]"
    may = _allowed(resource, "get", name)
    return {
        "expression": f"variables.getsAll || size(variables.named) <= {index} || {may}",
        "messageExpression": f"'you may not get {kind} ' + {name} + ', so your Resource may not name it; '"
        f" + 'ask for the right to get it, or name one that you may get'",
        "reason": "Forbidden",
    }


def _literals(catalogue: Mapping[str, ServiceType]) -> Document:
    """A sensitive field's literal is refused before it is stored."""
    known = {name: _sensitive(service) for name, service in sorted(catalogue.items())}
    fields = f"{_CREDENTIALS}[env].fields"
    variables = {
        "sensitiveByType": repr({name: fields for name, fields in known.items() if fields}),
        "sensitive": "object.spec.type in variables.sensitiveByType ? variables.sensitiveByType[object.spec.type] : []",
        "literals": f"{_CREDENTIALS}.filter(env, has({fields})).map(env, {fields}"
        f".filter(field, field in variables.sensitive && has({fields}[field].value))"
        f".map(field, 'credentials.' + env + '.fields.' + field)).flatten().sort()",
    }
    refuse = {
        "expression": "size(variables.literals) == 0",
        "messageExpression": "variables.literals.join(', ') + ': sensitive for the type ' + object.spec.type"
        " + '; put the value into a Secret and refer to it with valueFrom.secretKeyRef'",
    }
    return _on_spec(variables, [refuse])


def _sensitive(service: ServiceType) -> list[str]:
    return [name for field in service.fields if field.sensitive for name in field.names]


def _outputs() -> Document:
    """Names, labels and annotations of outputs, for those who could make such Secrets themselves."""
    outputs = "variables.outputs"
    keys = " + ".join(
        f"{outputs}.filter(output, has(output.{part})).map(output, output.{part}.map(key, key)).flatten()"
        for part in ("labels", "annotations")
    )
    variables = {
        "allowedDomains": ALLOWED_DOMAINS,
        "outputs": "has(object.spec.output) && has(object.spec.output.environments)"
        " ? object.spec.output.environments.map(env, object.spec.output.environments[env]) : []",
        "keys": f"({keys}).distinct().sort()",
        "badKeys": "variables.keys.filter(key, format.qualifiedName().validate(key).hasValue())",
        "foreignKeys": "variables.keys.filter(key,"
        " key.contains('/') && !(key.split('/')[0] in variables.allowedDomains))",
    }
    return _on_spec(variables, [_own_outputs(), _legal_keys(), _allowed_domains()])


def _own_outputs() -> Document:
    own = " || ".join(f"has(output.{part})" for part in ("name", "labels", "annotations"))
    return {
        "expression": f"!variables.outputs.exists(output, {own}) || {_allowed('secrets', 'create')}",
        "message": "you may not create Secrets in this namespace, so you may not choose the name, labels or annotations"
        " of an output Secret; leave out spec.output.environments",
        "reason": "Forbidden",
    }


def _legal_keys() -> Document:
    return {
        "expression": "size(variables.badKeys) == 0",
        "messageExpression": "variables.badKeys.join(', ') + ': not a legal key of a label or annotation'",
    }


def _allowed_domains() -> Document:
    return {
        "expression": "size(variables.foreignKeys) == 0",
        "messageExpression": "variables.foreignKeys.join(', ') + ': the domain of a label or annotation must be one'"
        " + ' that this installation allows, as other controllers act on theirs; use a key without a domain'",
        "reason": "Forbidden",
    }


def _consumers() -> Document:
    """Whoever writes a consumer says where the credentials go that its namespace receives, from itself or by consent.

    So it is for those who may get every Secret of the namespace, the login among them. Less would not do: a bundle
    under the name of a Secret that its author may get shows him what others were trusted with.
    """
    config_map = "object.spec.tracardi.tls.ca.configMapKeyRef"
    variables = {
        "configMaps": "has(object.spec.tracardi) && has(object.spec.tracardi.tls)"
        f" && has({config_map}) ? [{config_map}.name] : []"
    }
    return _on_spec(variables, [_gets_all_secrets(), _creates_bundle(), _gets_ca()], names.CONSUMER_PLURAL)


def _gets_all_secrets() -> Document:
    return {
        "expression": _allowed("secrets", "get"),
        "message": "you may not get all Secrets of this namespace, so you may not say where credentials go that it has"
        " or receives; ask for the right to get Secrets here, or somebody who has it",
        "reason": "Forbidden",
    }


def _creates_bundle() -> Document:
    return {
        "expression": f"!has(object.spec.bundle) || {_allowed('secrets', 'create')}",
        "message": "you may not create Secrets in this namespace, and a bundle is one; ask for that right",
        "reason": "Forbidden",
    }


def _gets_ca() -> Document:
    name = "variables.configMaps[0]"
    return {
        "expression": f"size(variables.configMaps) == 0 || {_allowed('configmaps', 'get', name)}",
        "messageExpression": f"'you may not get ConfigMap ' + {name} + ', so your ResourceConsumer may not name it; '"
        f" + 'ask for the right to get it, or name one that you may get'",
        "reason": "Forbidden",
    }


def _status() -> Document:
    """Nobody but the operator says what it found, and it changes nothing of what people say.

    It may patch consumers, for its finalizer, and RBAC can't limit that to the finalizer.
    """
    kinds = (names.PLURAL, names.TYPE_PLURAL, names.CONSUMER_PLURAL)
    is_status = "(has(request.subResource) && request.subResource == 'status')"
    is_operator = "request.userInfo.username == variables.operator"
    return {
        "matchConstraints": _on([*kinds, *(f"{plural}/status" for plural in kinds)], "UPDATE"),
        "variables": [{"name": "operator", "expression": f"'{OPERATOR}'"}],
        "validations": [
            {
                "expression": f"!{is_status} || {is_operator}",
                "messageExpression": "'only ' + variables.operator + ' writes the status of a ' + request.kind.kind",
                "reason": "Forbidden",
            },
            {
                "expression": f"{is_status} || !({is_operator}) || object.spec == oldObject.spec",
                "messageExpression": "variables.operator + ' may not change the spec of a ' + request.kind.kind",
                "reason": "Forbidden",
            },
        ],
    }
