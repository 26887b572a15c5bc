package fields

import (
	"strconv"
	"strings"
)

// keysOf are the fields that may tell the elements of a list apart, by the name of the list, the best first; several fields are separated by
// commas. They are those of Kubernetes' types (+listMapKey in k8s.io/api). The custom kinds of internal/schema only use name, which also tells the
// elements of most lists apart whose types say nothing.
func keysOf(list string) []string {
	switch list {
	case "ports":
		return []string{"containerPort,protocol", "port,protocol", "name"}
	case "volumeMounts":
		return []string{"mountPath", "name"}
	case "volumeDevices":
		return []string{"devicePath"}
	case "hostAliases":
		return []string{"ip"}
	case "topologySpreadConstraints":
		return []string{"topologyKey,whenUnsatisfiable"}
	case "conditions":
		return []string{"type"}
	case "volumeClaimTemplates":
		return []string{"metadata.name"}
	case "data": // of an ExternalSecret
		return []string{"secretKey"}
	case "rules": // of an Ingress
		return []string{"name", "host"}
	}
	return []string{"name"}
}

// keyed are the elements of a list by their keys.
type keyed struct {
	keys []string
	at   map[string]int
}

// keyedLists are two lists by the same keys; by is empty when elements of either are not told apart by any.
func keyedLists(list string, from, to []any) (by string, f, t keyed) {
	for _, by = range keysOf(list) {
		var ok bool
		if f, ok = keyedBy(by, from); !ok {
			continue
		}
		if t, ok = keyedBy(by, to); ok {
			return by, f, t
		}
	}
	return "", keyed{}, keyed{}
}

func keyedBy(by string, list []any) (keyed, bool) {
	out := keyed{at: make(map[string]int, len(list))}
	fields := strings.Split(by, ",")
	for i, e := range list {
		key, ok := keyOf(fields, e)
		if _, twice := out.at[key]; !ok || twice {
			return keyed{}, false
		}
		out.at[key] = i
		out.keys = append(out.keys, key)
	}
	return out, true
}

// keyOf is the key of one element.
func keyOf(fields []string, element any) (string, bool) {
	m, ok := element.(map[string]any)
	if !ok {
		return "", false
	}
	if len(fields) == 1 {
		return textAt(m, fields[0])
	}
	var parts []string
	for _, field := range fields {
		text, ok := textAt(m, field)
		_, number := m[fields[0]].(int64)
		switch {
		case ok:
			parts = append(parts, text)
		case field == "protocol" && m[field] == nil && number:
			parts = append(parts, "TCP") // which is what it is by default; Cilium's ports, which are texts, have another default
		case field == "protocol" && m[field] == nil:
		default:
			return "", false
		}
	}
	return strings.Join(parts, "/"), true
}

// textAt is a text or a number at a field, which may be one in another one, such as metadata.name.
func textAt(m map[string]any, field string) (string, bool) {
	if outer, inner, nested := strings.Cut(field, "."); nested {
		m, _ = m[outer].(map[string]any)
		field = inner
	}
	switch v := m[field].(type) {
	case string:
		return v, v != ""
	case int64:
		return strconv.FormatInt(v, 10), true
	}
	return "", false
}
