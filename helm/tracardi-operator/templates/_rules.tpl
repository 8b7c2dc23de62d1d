{{- /* The rules of manifests/cluster and manifests/namespaced/role; tests/install/test_helm.py holds them equal. */}}

{{- define "tracardi-operator.clusterWide" -}}
{{- if eq (toString .Values.scope) "cluster" }}true{{ end }}
{{- end }}

{{- define "tracardi-operator.readsTypes" -}}
{{- $asked := .Values.settings.resourceTypes }}
{{- if ternary (include "tracardi-operator.clusterWide" .) $asked (kindIs "invalid" $asked) }}true{{ end }}
{{- end }}

{{- define "tracardi-operator.rulesInNamespace" -}}
- apiGroups: [tracardi.com]
  resources: [resources, resourceconsumers]
  verbs: [get, list, watch]
- apiGroups: [tracardi.com]
  resources: [resources/status, resourceconsumers/status]
  verbs: [patch]
- apiGroups: [tracardi.com]
  resources: [resourceconsumers]
  verbs: [patch]
- apiGroups: [""]
  resources: [secrets]
  verbs: [get, list, watch, create, update, delete]
- apiGroups: [""]
  resources: [configmaps]
  verbs: [get, list, watch]
- apiGroups: [""]
  resources: [services]
  verbs: [get]
- apiGroups: [""]
  resources: [events]
  verbs: [create]
{{- end }}

{{- define "tracardi-operator.rulesInCluster" -}}
{{- if include "tracardi-operator.readsTypes" . }}
- apiGroups: [tracardi.com]
  resources: [resourcetypes]
  verbs: [list, watch]
- apiGroups: [tracardi.com]
  resources: [resourcetypes/status]
  verbs: [patch]
{{- end }}
- apiGroups: [admissionregistration.k8s.io]
  resources: [validatingadmissionpolicies, validatingadmissionpolicybindings]
  verbs: [watch]
{{- end }}

{{- define "tracardi-operator.subjects" -}}
- kind: ServiceAccount
  name: {{ include "tracardi-operator.serviceAccountName" . }}
  namespace: {{ .Release.Namespace }}
{{- end }}
