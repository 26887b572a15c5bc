package starter

import (
	"bytes"
	"encoding/json"
	"path"
	"regexp"

	"github.com/hippotion/roster/catalog"
)

// renovateConfig is the part of Renovate's configuration that is needed here (docs.renovatebot.com/configuration-options).
type renovateConfig struct {
	Schema         string          `json:"$schema"`
	Extends        []string        `json:"extends"`
	Kubernetes     renovateFiles   `json:"kubernetes"`
	CustomManagers []customManager `json:"customManagers"`
}

type renovateFiles struct {
	ManagerFilePatterns []string `json:"managerFilePatterns"`
}

// customManager finds versions by regular expressions of RE2.
type customManager struct {
	CustomType  string `json:"customType"`
	Description string `json:"description"`
	renovateFiles
	MatchStrings        []string `json:"matchStrings"`
	DatasourceTemplate  string   `json:"datasourceTemplate"`
	PackageNameTemplate string   `json:"packageNameTemplate,omitempty"`
}

// These are keys of an application in the order in which roster writes them, on one line or on several.
const (
	chartOf   = `chart: (?<depName>[\w./-]+),?\s+repoURL: `
	versionOf = `,?\s+version: (?<currentValue>[\w.+-]+)`
	imageOf   = `image: (?<depName>[\w.-]+(?::\d+)?(?:/[\w.-]+)*):(?<currentValue>[\w.-]+)(?:@(?<currentDigest>sha256:[0-9a-f]{64}))?`
)

// renovate are the settings of Renovate: which files have versions.
func (a Answers) renovate() File {
	folder := ""
	if a.Folder != "." {
		folder = regexp.QuoteMeta(a.Folder) + "/"
	}
	list := renovateFiles{[]string{"/^" + folder + `applications(/[^/]+)?\.yml$/`}}
	config := renovateConfig{
		Schema:     "https://docs.renovatebot.com/renovate-schema.json",
		Extends:    []string{"config:recommended"},
		Kubernetes: renovateFiles{[]string{"/^" + folder + `deploy/.+\.ya?ml$/`}},
		CustomManagers: []customManager{
			{"regex", "Charts of " + catalog.ApplicationsFile + ". Run roster fetch on the branch: it brings roster.lock up to date.", list,
				[]string{chartOf + `(?<registryUrl>https?://[^\s,}]+)` + versionOf}, "helm", ""},
			{"regex", "Charts of registries.", list, []string{chartOf + `oci://(?<registry>[^\s,}]+)` + versionOf}, "docker", "{{{registry}}}/{{{depName}}}"},
			{"regex", "Images among the values.", list, []string{imageOf}, "docker", ""},
		},
	}
	var text bytes.Buffer
	e := json.NewEncoder(&text)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(config); err != nil { // there are only texts in it
		panic(err)
	}
	name, or := "renovate.json", []string{"renovate.json5", ".renovaterc", ".renovaterc.json", ".renovaterc.json5"}
	for _, folder := range []string{".github", ".gitlab"} {
		or = append(or, path.Join(folder, name), path.Join(folder, "renovate.json5"))
	}
	return File{Name: name, Text: text.String(), Or: or}
}
