package main

import (
	"encoding/json"
	"io"
)

// printed is the table for a test with a real API server, which is in another module.
type printed struct {
	Files    map[string]string
	Requests []judgedRequest
}

// judgedRequest is a request, and what roster says of it: by the name of each binding whose policy it does not fit.
type judgedRequest struct {
	Name string
	request
	Said map[string]string
}

// printTable prints the table with the verdicts for Kubernetes' own policies.
func printTable(to io.Writer) error {
	objects, err := policies("admission")
	if err != nil {
		return err
	}
	by, err := compiled(objects)
	if err != nil {
		return err
	}
	table, err := requests()
	if err != nil {
		return err
	}
	out := printed{Files: listFor("admission")}
	for _, r := range table {
		said, err := messages(by, r)
		if err != nil {
			return err
		}
		out.Requests = append(out.Requests, judgedRequest{r.name, r, said})
	}
	return json.NewEncoder(to).Encode(out)
}
