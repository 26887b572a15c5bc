package fetch

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/Masterminds/semver/v3"
	"github.com/hippotion/roster/internal/syntax"
	"go.yaml.in/yaml/v3"
)

// indexed is a version of a chart in the index.yaml of a repository.
type indexed struct {
	Version string   `yaml:"version" json:"version"`
	URLs    []string `yaml:"urls" json:"urls"`
	Digest  string   `yaml:"digest" json:"digest"`
}

// versionsOf are the versions of a chart in an index, the newest first, as Helm sorts them (pkg/repo/index.go, SortEntries). Only that
// chart is parsed: an index of some megabytes has hundreds of others.
func versionsOf(index []byte, name string) ([]indexed, error) {
	var all []indexed
	var err error
	if json.Valid(index) {
		all, err = inJSON(index, name)
	} else {
		all, err = inYAML(index, name)
	}
	if err != nil {
		return nil, fmt.Errorf("the repository's index cannot be read: %w", err)
	}
	type sortable struct {
		indexed
		version *semver.Version
	}
	var valid []sortable
	for _, v := range all {
		if parsed, err := semver.NewVersion(v.Version); err == nil && len(v.URLs) > 0 {
			valid = append(valid, sortable{v, parsed})
		}
	}
	slices.SortStableFunc(valid, func(a, b sortable) int { return b.version.Compare(a.version) })
	var out []indexed
	for _, v := range valid {
		out = append(out, v.indexed)
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("the repository has no chart %s", syntax.Quote(name))
	}
	return out, nil
}

func inJSON(index []byte, name string) ([]indexed, error) {
	var in struct {
		Entries map[string]json.RawMessage `json:"entries"`
	}
	if err := json.Unmarshal(index, &in); err != nil {
		return nil, errors.New("it is not an index")
	}
	var out []indexed
	if in.Entries[name] != nil && json.Unmarshal(in.Entries[name], &out) != nil {
		return nil, errors.New("its chart is not a list of versions")
	}
	return out, nil
}

func inYAML(index []byte, name string) ([]indexed, error) {
	piece, found := pieceOf(index, name)
	if !found { // it is not there, or the index is not as Helm writes it
		piece = index
	}
	if err := syntax.Check(piece); err != nil {
		return nil, err
	}
	var in struct {
		Entries map[string]yaml.Node `yaml:"entries"`
	}
	if err := yaml.Unmarshal(piece, &in); err != nil {
		return nil, errors.New("it is not an index in YAML")
	}
	var out []indexed
	of, found := in.Entries[name]
	if found && of.Decode(&out) != nil {
		return nil, errors.New("its chart is not a list of versions")
	}
	return out, nil
}

// pieceOf cuts the lines of a chart out of an index as Helm writes it: a key at the beginning of a line, indented by as much as all
// others below entries.
func pieceOf(index []byte, name string) (piece []byte, found bool) {
	const head = "entries:\n"
	begin := bytes.Index(index, []byte("\n"+head)) + 1
	if begin == 0 && !bytes.HasPrefix(index, []byte(head)) {
		return nil, false
	}
	rest, indent := index[begin+len(head):], -1
	at := 0
	for at < len(rest) {
		end := at + len(rest[at:])
		if i := bytes.IndexByte(rest[at:], '\n'); i >= 0 {
			end = at + i + 1
		}
		line := rest[at:end]
		text := bytes.TrimLeft(line, " ")
		depth := len(line) - len(text)
		key := len(bytes.TrimSpace(text)) > 0 && text[0] != '#' && text[0] != '-'
		switch {
		case !key || indent >= 0 && depth > indent:
		case indent >= 0 && (found || depth < indent):
			return append([]byte(head), piece...), found
		default:
			indent = depth
			word, _, isKey := strings.Cut(string(bytes.TrimSpace(text)), ":")
			found = isKey && strings.Trim(word, `"'`) == name
		}
		if found {
			piece = append(piece, line...)
		}
		at = end
	}
	return append([]byte(head), piece...), found
}

// chosen is the version that Helm takes (pkg/repo/index.go, Get): the one of that name or, of those in a range, the newest. Versions are
// the newest first.
func chosen(versions []string, asked string) (string, error) {
	if asked == "" {
		asked = "*"
	}
	if slices.Contains(versions, asked) {
		return asked, nil
	}
	constraint, err := semver.NewConstraint(asked)
	if err != nil {
		return "", fmt.Errorf("%s is no version, and no range of versions", syntax.Quote(asked))
	}
	for _, v := range versions {
		if parsed, err := semver.NewVersion(v); err == nil && constraint.Check(parsed) {
			return v, nil
		}
	}
	newest := ""
	if len(versions) > 0 {
		newest = ": the newest is " + versions[0]
	}
	return "", fmt.Errorf("there is no version %s%s", syntax.Quote(asked), newest)
}
