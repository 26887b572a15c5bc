package schema

import "encoding/json"

// Source is one file of a module that schemas were taken from.
type Source struct {
	Module  string   `json:"module"`
	Version string   `json:"version"`
	File    string   `json:"file"` // path in the module
	Kinds   []string `json:"kinds"`
}

// Sources lists where the embedded schemas come from, by module and file.
func Sources() []Source {
	var sources []Source
	if err := json.Unmarshal(mustRead("kinds/sources.json"), &sources); err != nil {
		panic(err) // the generator wrote it; a test reads it
	}
	return sources
}
