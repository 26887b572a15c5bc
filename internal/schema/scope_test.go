package schema_test

import (
	"reflect"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/kubernetes/scheme"

	"github.com/hippotion/roster/internal/schema"
)

// client-go's typed clients know which kinds have a namespace: their getters
// take one, Pods(namespace), or take none, Nodes().
func TestScopeOfBuiltinKinds(t *testing.T) {
	set, checked := schema.New(), 0
	groups := reflect.TypeFor[kubernetes.Interface]()
	for i := range groups.NumMethod() {
		group := groups.Method(i).Type.Out(0)
		for j := range group.NumMethod() {
			getter := group.Method(j)
			object := objectOf(getter.Type.Out(0))
			if object == nil {
				continue
			}
			kinds, _, err := scheme.Scheme.ObjectKinds(object)
			if err != nil {
				t.Fatal(err)
			}
			problems, err := set.Validate(map[string]any{
				"apiVersion": kinds[0].GroupVersion().String(), "kind": kinds[0].Kind,
				"metadata": map[string]any{"name": "a", "namespace": "b"},
			})
			if err != nil || len(problems) > 0 && problems[0].Path != "metadata.namespace" {
				continue // a version that the set does not have
			}
			checked++
			if got, want := len(problems) == 0, getter.Type.NumIn() == 1; got != want {
				t.Errorf("%s: namespaced %v, in client-go %v", kinds[0], got, want)
			}
		}
	}
	if checked < 50 {
		t.Errorf("only %d kinds were checked", checked)
	}
}

// objectOf returns an object of the kind that a typed client handles, or nil
// for something that is no such client.
func objectOf(client reflect.Type) runtime.Object {
	if client.Kind() != reflect.Interface || !strings.HasSuffix(client.Name(), "Interface") {
		return nil
	}
	for _, verb := range []string{"Get", "Create"} {
		if m, ok := client.MethodByName(verb); ok {
			object, _ := reflect.New(m.Type.Out(0).Elem()).Interface().(runtime.Object)
			return object
		}
	}
	return nil
}
