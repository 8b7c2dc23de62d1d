{{- /* The rules of manifests/base/rbac.yaml and manifests/namespaced/role; tests/install/test_helm.py holds them equal. */}}

{{- define "tracardi-operator.clusterWide" -}}
{{- if eq (toString .Values.scope) "cluster" }}true{{ end }}
{{- end }}

{{- define "tracardi-operator.readsTypes" -}}
{{- $asked := .Values.settings.resourceTypes }}
{{- if ternary (include "tracardi-operator.clusterWide" .) $asked (kindIs "invalid" $asked) }}true{{ end }}
{{- end }}

{{- define "tracardi-operator.rulesInNamespace" -}}
- apiGroups: [tracardi.com]
  resources: [resources]
  verbs: [get, list, watch]
- apiGroups: [tracardi.com]
  resources: [resources/status]
  verbs: [patch]
- apiGroups: [""]
  resources: [secrets]
  verbs: [get, list, watch, create, update, delete]
- apiGroups: [""]
  resources: [configmaps]
  verbs: [get, list, watch]
- apiGroups: [""]
  resources: [events]
  verbs: [create]
{{- end }}

{{- define "tracardi-operator.rulesInCluster" -}}
{{- if include "tracardi-operator.readsTypes" . }}
- apiGroups: [tracardi.com]
  resources: [resourcetypes]
  verbs: [get, list, watch]
- apiGroups: [tracardi.com]
  resources: [resourcetypes/status]
  verbs: [patch]
{{- end }}
- apiGroups: [admissionregistration.k8s.io]
  resources: [validatingadmissionpolicies, validatingadmissionpolicybindings]
  verbs: [list, watch]
{{- end }}

{{- define "tracardi-operator.subjects" -}}
- kind: ServiceAccount
  name: {{ include "tracardi-operator.serviceAccountName" . }}
  namespace: {{ .Release.Namespace }}
{{- end }}
