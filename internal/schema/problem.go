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
		problems[i] = Problem{p, "unknown field"}
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
	return Problem{path, err.ErrorBody()}
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
		problems = append(problems, Problem{path, schemaMessage(v, path)})
	}
	return problems
}

// compositeProblem words a failed oneOf, anyOf, allOf or not. Only its text has
// the path: "spec" must validate one and only one schema (oneOf). ...
func compositeProblem(err error) Problem {
	rest, ok := strings.CutPrefix(err.Error(), `"`)
	if path, message, found := strings.Cut(rest, `" must `); ok && found {
		return Problem{strings.TrimPrefix(path, "."), "must " + message}
	}
	return Problem{"", err.Error()}
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
