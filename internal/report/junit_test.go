package report_test

import (
	"encoding/xml"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/hippotion/roster/internal/report"
)

// element is what junit-10.xsd of Jenkins' xUnit plugin permits in an element.
type element struct {
	required, optional []string // attributes
	children           []string // in any order and number, as its choices say
	text               bool
}

// junit10 are the elements of junit-10.xsd without those for tests that are run again.
var junit10 = map[string]element{
	"testsuites": {nil, []string{"name", "time", "tests", "failures", "errors"}, []string{"testsuite"}, false},
	"testsuite": {[]string{"name", "tests", "failures", "errors"},
		[]string{"group", "time", "skipped", "timestamp", "hostname", "id", "package", "file", "log", "url"},
		[]string{"testsuite", "properties", "testcase", "system-out", "system-err"}, false},
	"testcase":   {[]string{"name"}, []string{"time", "classname", "group"}, []string{"skipped", "error", "failure", "system-out", "system-err"}, false},
	"failure":    {nil, []string{"type", "message"}, nil, true},
	"error":      {nil, []string{"type", "message"}, nil, true},
	"skipped":    {nil, []string{"type", "message"}, nil, true},
	"properties": {nil, nil, []string{"property"}, false},
	"property":   {[]string{"name", "value"}, nil, nil, false},
	"system-out": {nil, nil, nil, true},
	"system-err": {nil, nil, nil, true},
}

// suite counts what is in a testsuite.
type suite struct{ tests, failures, skipped int }

// checkJUnit reads XML and reports what junit-10.xsd does not permit, and numbers that are wrong.
func checkJUnit(text string) (suites map[string]suite, err error) {
	var problems []error
	problem := func(words ...string) { problems = append(problems, errors.New(strings.Join(words, " "))) }
	suites = map[string]suite{}
	var open []string
	var current string
	d := xml.NewDecoder(strings.NewReader(text))
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, err
		}
		switch token := token.(type) {
		case xml.StartElement:
			name := token.Name.Local
			e, known := junit10[name]
			if !known || token.Name.Space != "" {
				problem("there is no element", name)
			}
			if len(open) == 0 && name != "testsuites" {
				problem("begins with", name)
			} else if len(open) > 0 && !slices.Contains(junit10[open[len(open)-1]].children, name) {
				problem(name, "must not be in", open[len(open)-1])
			}
			has := map[string]string{}
			for _, a := range token.Attr {
				if !slices.Contains(e.required, a.Name.Local) && !slices.Contains(e.optional, a.Name.Local) {
					problem(name, "must not have", a.Name.Local)
				}
				has[a.Name.Local] = a.Value
			}
			for _, a := range e.required {
				if _, ok := has[a]; !ok {
					problem(name, "must have", a)
				}
			}
			switch s := suites[current]; name {
			case "testsuite":
				number := func(attribute string) int {
					n, err := strconv.Atoi(has[attribute])
					if err != nil {
						problem(attribute, "is no number")
					}
					return n
				}
				current = has["name"]
				if _, twice := suites[current]; twice {
					problem("two suites", current)
				}
				suites[current] = suite{-number("tests"), -number("failures"), -number("skipped")}
			case "testcase":
				s.tests++
				suites[current] = s
			case "failure":
				s.failures++
				suites[current] = s
			case "skipped":
				s.skipped++
				suites[current] = s
			}
			open = append(open, name)
		case xml.EndElement:
			open = open[:len(open)-1]
		case xml.CharData:
			if len(open) > 0 && strings.TrimSpace(string(token)) != "" && !junit10[open[len(open)-1]].text {
				problem("text in", open[len(open)-1])
			}
		}
	}
	for name, s := range suites {
		if s != (suite{}) {
			problem("the numbers of", name, "are wrong")
		}
	}
	return suites, errors.Join(problems...)
}

func TestJUnit(t *testing.T) {
	for name, r := range map[string]*report.Report{"full": full(), "empty": empty(), "many": many(20)} {
		if _, err := checkJUnit(written(t, "junit", r)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	suites, _ := checkJUnit(written(t, "junit", full()))
	for _, name := range []string{"control", "nothing", "plain", "quotes", "whole-file", "of-no-rule", "no-file", "not checked"} {
		if _, ok := suites[name]; !ok {
			t.Errorf("no suite %q", name)
		}
	}

	// The reader is strict.
	for _, wrong := range []string{
		`<testsuite name="x" tests="0" failures="0" errors="0" skipped="0"/>`,
		`<testsuites><testsuite name="x" tests="1" failures="0" errors="0" skipped="0"/></testsuites>`,
		`<testsuites><testsuite tests="0" failures="0" errors="0" skipped="0"/></testsuites>`,
		`<testsuites line="1"/>`, `<testsuites>text</testsuites>`, `<testsuites><failure/></testsuites>`, "<testsuites name=\"\x01\"/>", `<a/>`,
	} {
		if _, err := checkJUnit(wrong); err == nil {
			t.Errorf("takes %q", wrong)
		}
	}
}

// TestJUnitNames fails when two tests have the same names: GitLab shows one of them.
func TestJUnitNames(t *testing.T) {
	var out struct {
		Suites []struct {
			Cases []struct {
				Name  string `xml:"name,attr"`
				Class string `xml:"classname,attr"`
			} `xml:"testcase"`
		} `xml:"testsuite"`
	}
	if err := xml.Unmarshal([]byte(written(t, "junit", many(50))), &out); err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, c := range out.Suites[0].Cases {
		seen[c.Class+" "+c.Name] = true
	}
	if len(seen) != 50 {
		t.Errorf("%d names of 50 tests", len(seen))
	}
}
