// Command engine says what External Secrets' own code has and does: the functions of its templates and how many arguments they take, which of the
// templates on its standard input work with certain keys, and which keys operations make of others.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"reflect"

	api "github.com/external-secrets/external-secrets/apis/externalsecrets/v1"
	"github.com/external-secrets/external-secrets/pkg/esutils"
	template "github.com/external-secrets/external-secrets/pkg/template/v2"
	"github.com/go-logr/logr"
	corev1 "k8s.io/api/core/v1"
)

// function is one of the engine's: the least number of arguments and the most, which is negative for any.
type function struct{ Least, Most int }

type question struct {
	Templates []struct {
		Text  string
		Given []string
	}
	Rewrites []struct {
		Operations []api.ExternalSecretRewrite
		Given      []string
	}
}

type answer struct {
	Functions map[string]function
	Works     []bool     // of each template
	Keys      [][]string // of each list of operations; nil where they fail
}

func main() {
	var asked question
	if err := json.NewDecoder(os.Stdin).Decode(&asked); err != nil {
		fmt.Fprintln(os.Stderr, "engine:", err)
		os.Exit(2)
	}
	if err := json.NewEncoder(os.Stdout).Encode(said(&asked)); err != nil {
		fmt.Fprintln(os.Stderr, "engine:", err)
		os.Exit(2)
	}
}

func said(asked *question) answer {
	out := answer{Functions: map[string]function{}}
	for name, f := range template.FuncMap() {
		t := reflect.TypeOf(f)
		out.Functions[name] = function{t.NumIn(), t.NumIn()}
		if t.IsVariadic() {
			out.Functions[name] = function{t.NumIn() - 1, -1}
		}
	}
	for _, t := range asked.Templates {
		err := template.Execute(map[string][]byte{"key": []byte(t.Text)}, values(t.Given), api.TemplateScopeValues, api.TemplateTargetData, &corev1.Secret{})
		out.Works = append(out.Works, err == nil)
	}
	for _, r := range asked.Rewrites {
		made, err := esutils.RewriteMap(r.Operations, values(r.Given))
		if err == nil {
			err = esutils.ValidateKeys(logr.Discard(), made) // it leaves out empty ones, too
		}
		var keys []string
		if err == nil {
			keys = []string{}
		}
		for key := range made {
			keys = append(keys, key)
		}
		out.Keys = append(out.Keys, keys)
	}
	return out
}

// values are some for keys. They are mappings, which the operation merge needs.
func values(keys []string) map[string][]byte {
	out := map[string][]byte{}
	for _, key := range keys {
		out[key] = []byte(`{"in-` + key + `": "x"}`)
	}
	return out
}
