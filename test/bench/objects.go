package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"maps"
	"os/exec"
	"reflect"
	"slices"

	"sigs.k8s.io/yaml"
)

// same checks that roster and the chart print the same objects for the input, and returns how many. It reports the first few differences.
// Roster may print more: its annotation with an object's origin is not part of the comparison, which is to the chart's advantage.
func (p programs) same(in input) (int, error) {
	ours, err := objects(p.render(in))
	if err != nil {
		return 0, err
	}
	theirs, err := objects(p.template(in))
	if err != nil {
		return 0, err
	}
	var problems []error
	names := maps.Clone(ours)
	maps.Copy(names, theirs)
	for _, name := range slices.Sorted(maps.Keys(names)) {
		if ours[name] == nil || theirs[name] == nil {
			problems = append(problems, fmt.Errorf("%s: roster prints it: %t, the chart: %t", name, ours[name] != nil, theirs[name] != nil))
			continue
		}
		meta, _ := ours[name]["metadata"].(map[string]any)
		annotations, _ := meta["annotations"].(map[string]any)
		delete(annotations, "roster.hippotion.github.io/origin")
		if !reflect.DeepEqual(ours[name], theirs[name]) {
			problems = append(problems, fmt.Errorf("%s: roster prints\n%v\nthe chart prints\n%v", name, ours[name], theirs[name]))
		}
	}
	return len(ours), errors.Join(problems[:min(len(problems), 3)]...)
}

// objects runs the command and returns what it prints, by kind, namespace and name.
func objects(c *exec.Cmd) (map[string]map[string]any, error) {
	out, err := c.Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			return nil, fmt.Errorf("%s: %w\n%s", c, err, exit.Stderr)
		}
		return nil, fmt.Errorf("%s: %w", c, err)
	}
	all := map[string]map[string]any{}
	for _, document := range bytes.Split(append([]byte("\n"), out...), []byte("\n---\n")) {
		var o struct {
			Kind     string
			Metadata struct{ Namespace, Name string }
		}
		var whole map[string]any
		if err := errors.Join(yaml.Unmarshal(document, &o), yaml.Unmarshal(document, &whole)); err != nil {
			return nil, fmt.Errorf("%s: %w", c, err)
		}
		if whole == nil {
			continue
		}
		name := o.Kind + " " + o.Metadata.Namespace + "/" + o.Metadata.Name
		if all[name] != nil {
			return nil, fmt.Errorf("%s prints %s twice", c, name)
		}
		all[name] = whole
	}
	return all, nil
}

// printed counts what the command prints, without keeping it: this process must stay small.
func printed(c *exec.Cmd) (int, error) {
	out, err := c.StdoutPipe()
	if err != nil {
		return 0, err
	}
	if err := c.Start(); err != nil {
		return 0, err
	}
	count := 0
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if lines.Text() == "---" {
			count++
		}
	}
	return count, errors.Join(lines.Err(), c.Wait())
}
