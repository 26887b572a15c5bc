package report

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"slices"
	"strings"

	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/lint"
)

type junitSuites struct {
	XMLName  xml.Name     `xml:"testsuites"`
	Name     string       `xml:"name,attr"`
	Tests    int          `xml:"tests,attr"`
	Failures int          `xml:"failures,attr"`
	Errors   int          `xml:"errors,attr"`
	Suites   []junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name     string      `xml:"name,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Errors   int         `xml:"errors,attr"`
	Skipped  int         `xml:"skipped,attr"`
	Cases    []junitCase `xml:"testcase"`
}

type junitCase struct {
	Name    string        `xml:"name,attr"`
	Class   string        `xml:"classname,attr"`
	Failure *junitFailure `xml:"failure"`
	Skipped *junitText    `xml:"skipped"`
	Out     *junitText    `xml:"system-out"`
}

type junitFailure struct {
	Type    string `xml:"type,attr"`
	Message string `xml:"message,attr"`
	Text    string `xml:",cdata"`
}

type junitText struct {
	Text string `xml:",cdata"`
}

// writeJUnit is a suite for each rule, with a test for each finding, and one that passes for a rule without findings. What was not checked
// is skipped. Names have no line in them: a test that moves is the same test.
//
// All text is made visible first: XML has no way to write most control characters.
func writeJUnit(b *bytes.Buffer, r *Report) error {
	out := junitSuites{Name: r.Tool}
	found := map[string][]Finding{}
	for _, f := range r.withLeft() {
		found[f.Code] = append(found[f.Code], f)
	}
	for _, rule := range r.rules() {
		s := junitSuite{Name: diag.Visible(rule.Name)}
		names := map[string]int{}
		for _, f := range found[rule.Name] {
			s.add(r.junitCase(f, names))
		}
		if len(s.Cases) == 0 {
			s.add(junitCase{Name: diag.Visible(rule.Summary), Class: diag.Visible(rule.Name)})
		}
		out.Suites = append(out.Suites, s)
	}
	if reasons := r.Summary.skipped(); len(reasons) > 0 {
		s := junitSuite{Name: "not checked"}
		for _, reason := range reasons {
			s.add(junitCase{Name: diag.Visible(reason), Class: s.Name, Skipped: &junitText{fmt.Sprint(r.Summary.Skipped[reason], " skipped")}})
		}
		out.Suites = append(out.Suites, s)
	}
	for _, s := range out.Suites {
		out.Tests, out.Failures = out.Tests+s.Tests, out.Failures+s.Failures
	}
	b.WriteString(xml.Header)
	e := xml.NewEncoder(b)
	e.Indent("", "  ")
	if err := e.Encode(out); err != nil {
		return err
	}
	b.WriteByte('\n')
	return nil
}

// junitCase is a finding: a failure, or a test that passes with output.
func (r *Report) junitCase(f Finding, names map[string]int) junitCase {
	c := junitCase{Name: diag.Visible(headline(f)), Class: diag.Visible(r.file(f.Pos))}
	key := c.Class + "\n" + c.Name
	if names[key]++; names[key] > 1 { // GitLab identifies a test by its names alone
		c.Name += fmt.Sprintf(" (%d)", names[key])
	}
	lines := append([]string{r.fromTop(f.Pos) + ": " + diag.Visible(headline(f))}, r.details(f, r.fromTop)...)
	text := strings.Join(lines, "\n")
	if f.Severity == lint.Info {
		c.Out = &junitText{text}
	} else {
		c.Failure = &junitFailure{string(f.Severity), diag.Visible(f.Message), text}
	}
	return c
}

func (s *junitSuite) add(c junitCase) {
	s.Cases = append(s.Cases, c)
	s.Tests++
	if c.Failure != nil {
		s.Failures++
	}
	if c.Skipped != nil {
		s.Skipped++
	}
}

// rules are those that were applied, and those that a finding names besides.
func (r *Report) rules() []*lint.Rule {
	rules, named := slices.Clone(r.Rules), map[string]bool{}
	for _, rule := range rules {
		named[rule.Name] = true
	}
	for _, f := range r.Findings {
		if !named[f.Code] {
			named[f.Code] = true
			rules = append(rules, &lint.Rule{Name: f.Code, Severity: f.Severity, Summary: diag.Visible(f.Code)})
		}
	}
	return rules
}
