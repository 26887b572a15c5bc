package schema

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"
	openapierrors "k8s.io/kube-openapi/pkg/validation/errors"
	"k8s.io/kube-openapi/pkg/validation/validate"
)

func unknownFields(paths []string) []Problem {
	problems := make([]Problem, len(paths))
	for i, p := range paths {
		problems[i] = Problem{Path: p, Message: "unknown field"}
	}
	return problems
}

func fieldProblems(errs field.ErrorList) []Problem {
	problems := make([]Problem, len(errs))
	for i, err := range errs {
		problems[i] = fieldProblem(err)
	}
	return problems
}

func fieldProblem(err *field.Error) Problem {
	path := err.Field
	if path == "<nil>" { // how a nil *field.Path prints
		path = ""
	}
	return Problem{Path: path, Message: err.ErrorBody()}
}

// schemaProblems words what the OpenAPI validator found. Its own messages repeat
// the path and have no value, so only the rarer ones are kept as they are.
func schemaProblems(result *validate.Result) []Problem {
	var problems []Problem
	for _, err := range result.Errors {
		var v *openapierrors.Validation
		if !errors.As(err, &v) {
			problems = append(problems, compositeProblem(err))
			continue
		}
		path := strings.TrimPrefix(v.Name, ".")
		p := Problem{Path: path, Message: schemaMessage(v, path)}
		switch v.Code() {
		case openapierrors.EnumFailCode:
			p.Newer = newerValue(v)
		case openapierrors.RequiredFailCode:
			p.Newer = &Newer{Within: parent(path)}
		case openapierrors.TooFewPropertiesCode, openapierrors.TooManyPropertiesCode:
			p.Newer = &Newer{Within: path}
		}
		problems = append(problems, p)
	}
	return problems
}

// compositeProblem words a failed oneOf, anyOf, allOf or not. Only its text has
// the path: "spec" must validate one and only one schema (oneOf). ...
func compositeProblem(err error) Problem {
	rest, ok := strings.CutPrefix(err.Error(), `"`)
	if path, message, found := strings.Cut(rest, `" must `); ok && found {
		path = strings.TrimPrefix(path, ".")
		return Problem{Path: path, Message: "must " + message, Newer: &Newer{Within: path}}
	}
	return Problem{Message: err.Error()}
}

func schemaMessage(v *openapierrors.Validation, path string) string {
	switch v.Code() {
	case openapierrors.RequiredFailCode:
		return "is required"
	case openapierrors.EnumFailCode:
		allowed := make([]string, len(v.Values))
		for i, a := range v.Values {
			allowed[i] = show(a)
		}
		return fmt.Sprintf("found %s, expected one of %s", show(v.Value), strings.Join(allowed, ", "))
	}
	// As in "spec.port in body must be of type integer: ...".
	message := strings.TrimPrefix(v.Error(), v.Name+" in body ")
	message = strings.TrimPrefix(message, path+" ")
	if v.Value == nil || v.Code() == openapierrors.InvalidTypeCode {
		return message
	}
	return fmt.Sprintf("found %s: %s", show(v.Value), message)
}

func show(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(text)
}

// newerValue is what a version that permits more values may know; nil when the value is not text.
func newerValue(v *openapierrors.Validation) *Newer {
	found, ok := v.Value.(string)
	if !ok {
		return nil
	}
	n := &Newer{Found: found}
	for _, a := range v.Values {
		if known, ok := a.(string); ok {
			n.Known = append(n.Known, known)
		}
	}
	return n
}

// parent is the path of the object that a field is in.
func parent(path string) string {
	return path[:max(0, strings.LastIndex(path, "."))]
}
