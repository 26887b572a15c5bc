package builtin

import "io/fs"

// Chart is the folder chart of an application's embedded files.
func Chart(files fs.FS) fs.FS {
	chart, err := fs.Sub(files, "chart")
	if err != nil {
		panic(err) // the name is a valid path
	}
	return chart
}

// Containers are the containers of a workload's pods, without init containers.
func Containers(o Object) []Object {
	spec := o
	for _, key := range []string{"spec", "template", "spec"} {
		spec, _ = spec[key].(Object)
	}
	list, _ := spec["containers"].([]any)
	var out []Object
	for _, c := range list {
		if c, ok := c.(Object); ok {
			out = append(out, c)
		}
	}
	return out
}

// Env is what the environment of a container sets by itself. Of a name that occurs twice, the last one counts, as in
// Kubernetes; one whose value comes from elsewhere is left out.
func Env(container Object) map[string]string {
	out := map[string]string{}
	list, _ := container["env"].([]any)
	for _, e := range list {
		if e, ok := e.(Object); ok {
			name, _ := e["name"].(string)
			out[name], _ = e["value"].(string)
			if e["valueFrom"] != nil {
				delete(out, name)
			}
		}
	}
	return out
}

// Strings are the texts of a list.
func Strings(list any) []string {
	var out []string
	elements, _ := list.([]any)
	for _, e := range elements {
		s, _ := e.(string)
		out = append(out, s)
	}
	return out
}
