package syntax

import (
	"bytes"
	"encoding/json"

	"go.yaml.in/yaml/v3"
	k8syaml "sigs.k8s.io/yaml"
)

// These are the ways to read a text of the user's for what is not decoded with places: no other package calls a parser of YAML
// or JSON on such a text (test/house), so that none expands what exceeds the bounds. The error is an *Excess when it is not.

// Unmarshal reads the first YAML document of data, or JSON, as Kubernetes' tools do.
func Unmarshal(data []byte, out any) error {
	if err := Check(data); err != nil {
		return err
	}
	return k8syaml.Unmarshal(data, out)
}

// ToJSON is the first YAML document of data as JSON, as Kubernetes' tools read it.
func ToJSON(data []byte) ([]byte, error) {
	if err := Check(data); err != nil {
		return nil, err
	}
	return k8syaml.YAMLToJSON(data)
}

// Documents are the YAML documents of data as nodes, up to the first mistake, which is the error.
func Documents(data []byte) ([]*yaml.Node, error) {
	if err := Check(data); err != nil {
		return nil, err
	}
	return parsed(data)
}

// UnmarshalJSON reads a JSON text.
func UnmarshalJSON(data []byte, out any) error {
	if err := CheckJSON(data); err != nil {
		return err
	}
	return json.Unmarshal(data, out)
}

// CheckJSON is Check for a text that is read as JSON: it has no aliases, and its size is checked by its reader.
func CheckJSON(data []byte) error {
	level, quoted := 0, false
	for i := 0; i < len(data); i++ {
		switch c := data[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '[' || c == '{':
			if level++; level > maxLevels {
				return excessAt(data, i, "too-deep", "", "expected at most %d levels of nesting, found more", maxLevels)
			}
		case c == ']' || c == '}':
			level--
		}
	}
	return nil
}

// StrictJSON reads a JSON text into out, which must know all its fields.
func StrictJSON(data []byte, out any) error {
	if err := CheckJSON(data); err != nil {
		return err
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	return decoder.Decode(out)
}
