// Command verdicts says how GitOps tools judge objects. Standard input: {"lua": {kind: script}, "cel": [health check of
// a Flux Kustomization], "objects": [object]}; standard output: a verdict for each object.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"os"

	fluxstatus "github.com/fluxcd/cli-utils/pkg/kstatus/status"
	"github.com/fluxcd/pkg/apis/kustomize"
	"github.com/fluxcd/pkg/runtime/cel"
	lua "github.com/yuin/gopher-lua"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/cli-utils/pkg/kstatus/status"
)

type input struct {
	Lua     map[string]string             `json:"lua"`
	CEL     []kustomize.CustomHealthCheck `json:"cel"`
	Objects []unstructured.Unstructured   `json:"objects"`
}

type verdict struct {
	Argo     string `json:"argo"`
	Message  string `json:"message"`
	Kstatus  string `json:"kstatus"`
	Flux     string `json:"flux"`
	FluxExpr string `json:"fluxExpr"`
}

func main() {
	log.SetFlags(0)
	var given input
	if err := json.NewDecoder(os.Stdin).Decode(&given); err != nil {
		log.Fatal(err)
	}
	verdicts := make([]verdict, len(given.Objects))
	for i := range given.Objects {
		found, err := judge(given, &given.Objects[i])
		if err != nil {
			log.Fatal(err)
		}
		verdicts[i] = found
	}
	if err := json.NewEncoder(os.Stdout).Encode(verdicts); err != nil {
		log.Fatal(err)
	}
}

func judge(given input, object *unstructured.Unstructured) (found verdict, err error) {
	if found.Argo, found.Message, err = argo(given.Lua[object.GetKind()], object); err != nil {
		return found, fmt.Errorf("Lua: %w", err)
	}
	kstatus, err := status.Compute(object)
	if err != nil {
		return found, err
	}
	flux, err := fluxstatus.Compute(object)
	if err != nil {
		return found, err
	}
	found.Kstatus, found.Flux = kstatus.Status.String(), flux.Status.String()
	found.FluxExpr, err = expression(given.CEL, object, found.Flux)
	return found, err
}

// argo runs a health check as Argo CD does: one being deleted is not asked about, and of Lua's libraries there are the
// base functions and table only.
func argo(script string, object *unstructured.Unstructured) (code, message string, err error) {
	if object.GetDeletionTimestamp() != nil {
		return "Progressing", "", nil
	}
	state := lua.NewState(lua.Options{SkipOpenLibs: true})
	defer state.Close()
	for name, open := range map[string]lua.LGFunction{lua.BaseLibName: lua.OpenBase, lua.TabLibName: lua.OpenTable} {
		if err := state.CallByParam(lua.P{Fn: state.NewFunction(open), Protect: true}, lua.LString(name)); err != nil {
			return "", "", err
		}
	}
	state.SetGlobal("obj", toLua(state, object.Object))
	if err := state.DoString(script); err != nil {
		return "", "", err
	}
	health, ok := state.Get(-1).(*lua.LTable)
	if !ok {
		return "", "", fmt.Errorf("it returns no table but %s", state.Get(-1).Type())
	}
	return lua.LVAsString(health.RawGetString("status")), lua.LVAsString(health.RawGetString("message")), nil
}

func toLua(state *lua.LState, value any) lua.LValue {
	switch value := value.(type) {
	case bool:
		return lua.LBool(value)
	case string:
		return lua.LString(value)
	case int64:
		return lua.LNumber(value)
	case float64:
		return lua.LNumber(value)
	case []any:
		table := state.NewTable()
		for _, item := range value {
			table.Append(toLua(state, item))
		}
		return table
	case map[string]any:
		table := state.NewTable()
		for key, item := range value {
			table.RawSetString(key, toLua(state, item))
		}
		return table
	}
	return lua.LNil
}

// expression evaluates the health check of a Flux Kustomization that is for this kind; without one it is kstatus.
func expression(checks []kustomize.CustomHealthCheck, object *unstructured.Unstructured, kstatus string) (string, error) {
	for _, check := range checks {
		if check.APIVersion == object.GetAPIVersion() && check.Kind == object.GetKind() {
			evaluator, err := cel.NewStatusEvaluator(&check.HealthCheckExpressions)
			if err != nil {
				return "", err
			}
			result, err := evaluator.Evaluate(context.Background(), object)
			if err != nil {
				return "", err
			}
			return result.Status.String(), nil
		}
	}
	return kstatus, nil
}
