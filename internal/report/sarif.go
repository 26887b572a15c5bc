package report

import (
	"bytes"
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/lint"
)

// GitHub code scanning rejects a file with more results than this, with more locations in a result, or with a result that has
// no location; it shows 5,000 results, the worst first, and 100 locations. Descriptions of rules are cut.
const (
	sarifResults     = 25_000
	sarifLocations   = 1_000
	sarifDescription = 1_024 // characters
)

type sarifLog struct {
	Schema  string     `json:"$schema"`
	Version string     `json:"version"`
	Runs    []sarifRun `json:"runs"`
}

type sarifRun struct {
	Tool        sarifTool         `json:"tool"`
	Invocations []sarifInvocation `json:"invocations"`
	ColumnKind  string            `json:"columnKind"`
	Results     []sarifResult     `json:"results"`
}

type sarifTool struct {
	Driver sarifDriver `json:"driver"`
}

type sarifDriver struct {
	Name           string      `json:"name"`
	Version        string      `json:"version,omitempty"`
	InformationURI string      `json:"informationUri"`
	Rules          []sarifRule `json:"rules"`
}

type sarifRule struct {
	ID            string             `json:"id"`
	Short         sarifText          `json:"shortDescription"`
	Full          sarifText          `json:"fullDescription"`
	Help          sarifText          `json:"help"`
	Configuration sarifConfiguration `json:"defaultConfiguration"`
}

type sarifConfiguration struct {
	Level string `json:"level"`
}

type sarifText struct {
	Text     string `json:"text"`
	Markdown string `json:"markdown,omitempty"`
}

type sarifInvocation struct {
	Successful    bool                `json:"executionSuccessful"`
	Notifications []sarifNotification `json:"toolExecutionNotifications"`
}

type sarifNotification struct {
	Level   string    `json:"level"`
	Message sarifText `json:"message"`
}

type sarifResult struct {
	RuleID       string            `json:"ruleId"`
	RuleIndex    int               `json:"ruleIndex"`
	Level        string            `json:"level"`
	Message      sarifText         `json:"message"`
	Locations    []sarifLocation   `json:"locations"`
	Related      []sarifLocation   `json:"relatedLocations,omitempty"`
	Fingerprints map[string]string `json:"partialFingerprints"`
}

type sarifLocation struct {
	ID       *int           `json:"id,omitempty"`
	Physical sarifPhysical  `json:"physicalLocation"`
	Logical  []sarifLogical `json:"logicalLocations,omitempty"`
	Message  *sarifText     `json:"message,omitempty"`
}

type sarifLogical struct {
	Name string `json:"fullyQualifiedName"`
}

type sarifPhysical struct {
	Artifact sarifArtifact `json:"artifactLocation"`
	Region   sarifRegion   `json:"region"`
}

type sarifArtifact struct {
	URI  string `json:"uri"`
	Base string `json:"uriBaseId"`
}

type sarifRegion struct {
	Line   int `json:"startLine"`
	Column int `json:"startColumn,omitempty"`
}

// sarifLevels are SARIF's words for the severities.
var sarifLevels = map[lint.Severity]string{lint.Error: "error", lint.Warning: "warning", lint.Info: "note"}

// writeSARIF is SARIF 2.1.0, with all that GitHub code scanning requires. The fingerprint has a name of roster's own:
// primaryLocationLineHash is what GitHub's upload action computes from the line, and it warns when it finds a different one.
func writeSARIF(b *bytes.Buffer, r *Report) error {
	rules := r.rules()
	driver := sarifDriver{Name: r.Tool, Version: r.Version, InformationURI: "https://github.com/hippotion/roster", Rules: []sarifRule{}}
	places := map[string]int{}
	for i, rule := range rules {
		places[rule.Name] = i
		name := diag.Visible(rule.Name)
		doc := strings.TrimSpace(cmp.Or(rule.Doc, rule.Summary, name))
		first, _, _ := strings.Cut(doc, "\n\n")
		driver.Rules = append(driver.Rules, sarifRule{
			ID: name, Short: sarifText{Text: cut(cmp.Or(rule.Summary, name))}, Full: sarifText{Text: cut(first)},
			Help: sarifText{doc, doc}, Configuration: sarifConfiguration{sarifLevels[rule.Severity]},
		})
	}
	run := sarifRun{Tool: sarifTool{driver}, ColumnKind: "unicodeCodePoints", Results: []sarifResult{}}
	notifications := []sarifNotification{}
	notify := func(level lint.Severity, format string, args ...any) {
		notifications = append(notifications, sarifNotification{sarifLevels[level], sarifText{Text: fmt.Sprintf(format, args...)}})
	}
	for _, reason := range r.Summary.skipped() {
		notify(lint.Info, "%d skipped: %s", r.Summary.Skipped[reason], diag.Visible(reason))
	}
	all := r.withLeft()
	findings := worst(all, sarifResults)
	if left := len(all) - len(findings); left > 0 {
		notify(lint.Warning, "%d further findings are left out: GitHub accepts %d", left, sarifResults)
	}
	for _, f := range findings {
		message := diag.Visible(f.Message)
		if f.Hint != "" {
			message += "\n\nhint: " + diag.Visible(f.Hint)
		}
		place := r.sarifLocation(f.Pos)
		if f.Path != "" {
			place.Logical = []sarifLogical{{diag.Visible(f.Path)}}
		}
		result := sarifResult{
			RuleID: diag.Visible(f.Code), RuleIndex: places[f.Code], Level: sarifLevels[f.Severity], Message: sarifText{Text: message},
			Locations: []sarifLocation{place}, Fingerprints: map[string]string{"rosterFinding/v1": f.Fingerprint},
		}
		for i, related := range f.Related[:min(len(f.Related), sarifLocations-1)] {
			further := r.sarifLocation(related.Pos)
			further.ID, further.Message = &i, &sarifText{Text: diag.Visible(related.Note)}
			result.Related = append(result.Related, further)
		}
		run.Results = append(run.Results, result)
	}
	run.Invocations = []sarifInvocation{{true, notifications}}
	return encode(b, sarifLog{"https://json.schemastore.org/sarif-2.1.0.json", "2.1.0", []sarifRun{run}})
}

// sarifLocation is a place. The file as a whole is shown at its first line: GitHub requires one.
func (r *Report) sarifLocation(p diag.Position) sarifLocation {
	return sarifLocation{Physical: sarifPhysical{
		Artifact: sarifArtifact{(&url.URL{Path: r.file(p)}).String(), "%SRCROOT%"},
		Region:   sarifRegion{max(1, p.Line), columnOf(p)},
	}}
}

// worst are at most n findings: errors before warnings, and those before infos.
func worst(findings []Finding, n int) []Finding {
	if len(findings) <= n {
		return findings
	}
	return slices.SortedStableFunc(slices.Values(findings), func(a, b Finding) int {
		return cmp.Compare(slices.Index(lint.Severities(), a.Severity), slices.Index(lint.Severities(), b.Severity))
	})[:n]
}

// cut is as much of a description as GitHub accepts.
func cut(s string) string {
	runes := []rune(s)
	if len(runes) <= sarifDescription {
		return s
	}
	return string(runes[:sarifDescription-1]) + "…"
}
