package diff

import (
	"cmp"
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/hippotion/roster/internal/lazy"
	"github.com/hippotion/roster/internal/lint/models/places"
	"github.com/hippotion/roster/internal/lint/models/secrets"
	"go.yaml.in/yaml/v3"
)

var (
	// manifestOfSecret is in a text that has a Secret, as YAML or JSON.
	manifestOfSecret = lazy.Regexp(`["']?kind["']?\s*:\s*["']?Secret\b`)
	// assignment sets a key, in most languages, and option on a command line.
	assignment = lazy.Regexp(`([A-Za-z_][\w.-]*)\\?["']?\s*[:=]\s*\\?["']?([^\s"',;\\}]+)`)
	option     = lazy.Regexp(`(?:^|\s)--?([A-Za-z][\w.-]*)\s+["']?([^\s"']+)`)
)

// setsPassword reports whether a line sets a password.
func setsPassword(line string) bool {
	if lower := strings.ToLower(line); !strings.Contains(lower, "pass") && !strings.Contains(lower, "pwd") {
		return false
	}
	found := append(assignment().FindAllStringSubmatch(line, -1), option().FindAllStringSubmatch(line, -1)...)
	return slices.ContainsFunc(found, func(m []string) bool { return secrets.Password(m[1], m[2]) })
}

// longestYAML is how long a text may be of which lines are shown, in bytes.
const longestYAML = 1 << 20

// hideInYAML marks the lines of YAML that have values of Secrets, passwords or credentials; false when it cannot tell.
func hideInYAML(text string, hidden []bool) bool {
	if len(text) > longestYAML {
		return false
	}
	s := lineSearch{}
	decoder := yaml.NewDecoder(strings.NewReader(text))
	for {
		var document yaml.Node
		if err := decoder.Decode(&document); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return false
		}
		s.in(&document, "", false)
		secrets.Credentials(&document, "", func(c secrets.Credential) { s.mark(c.Line, true) })
	}
	if s.lost {
		return false
	}
	slices.SortStableFunc(s.starts, func(a, b start) int { return cmp.Compare(a.line, b.line) })
	end := len(hidden) + 1 // the first line of what comes after
	for i := len(s.starts) - 1; i >= 0; i-- {
		at := s.starts[i]
		if i+1 < len(s.starts) && s.starts[i+1].line > at.line {
			end = s.starts[i+1].line
		}
		for line := at.line; at.hide && line < max(end, at.line+1) && line <= len(hidden); line++ {
			hidden[line-1] = true
		}
	}
	return true
}

// start is where a key or a value begins.
type start struct {
	line int
	hide bool
}

// lineSearch finds out where secret values are in a document.
type lineSearch struct {
	starts []start
	lost   bool // a value is somewhere else
}

func (s *lineSearch) mark(line int, hide bool) {
	s.starts = append(s.starts, start{max(line, 1), hide})
}

// in looks at a node at a key; secret is whether it is among the values of a Secret.
func (s *lineSearch) in(n *yaml.Node, key string, secret bool) {
	switch n.Kind {
	case yaml.AliasNode:
		s.mark(n.Line, secret)
		s.lost = s.lost || secret || n.Alias.Kind == yaml.ScalarNode && secrets.Password(key, n.Alias.Value)
	case yaml.ScalarNode:
		s.mark(n.Line, secret || secrets.Password(key, n.Value))
	case yaml.MappingNode:
		kind, name := places.Value(n, "kind"), places.Value(n, "name")
		for i := 0; i+1 < len(n.Content); i += 2 {
			k, v := n.Content[i], n.Content[i+1]
			s.mark(k.Line, false)
			at := k.Value
			if at == "value" && name != nil {
				at = name.Value
			}
			s.in(v, at, secret || k.Value == lastApplied || kind != nil && kind.Value == "Secret" && isData(k.Value))
		}
	default:
		for _, e := range n.Content {
			s.in(e, "", secret)
		}
	}
}
