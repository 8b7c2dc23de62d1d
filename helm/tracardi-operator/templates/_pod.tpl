{{- define "tracardi-operator.arguments" -}}
- run
- --leader-election {{- /* one works at a time, also while one Pod replaces another */}}
{{- if not (include "tracardi-operator.clusterWide" .) }}
- {{ printf "--namespaces=%s" (join "," .Values.scope) | quote }}
{{- end }}
{{- range $name, $value := .Values.settings }}
{{- $flag := kebabcase $name }}
{{- if kindIs "bool" $value }}
- --{{ ternary "" "no-" $value }}{{ $flag }}
{{- else if kindIs "slice" $value }}
{{- if $value }}
- {{ printf "--%s=%s" $flag (join "," $value) | quote }}
{{- end }}
{{- else if not (kindIs "invalid" $value) }}
- {{ printf "--%s=%v" $flag $value | quote }}
{{- end }}
{{- end }}
{{- end }}

{{- define "tracardi-operator.topologySpread" -}}
{{- $own := dict "labelSelector" (dict "matchLabels" (include "tracardi-operator.selectorLabels" . | fromYaml)) }}
{{- range .Values.topologySpreadConstraints }}
- {{ merge (deepCopy .) $own | toYaml | nindent 2 | trim }}
{{- end }}
{{- end }}
