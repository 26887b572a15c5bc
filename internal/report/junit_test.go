package report_test

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/hippotion/roster/internal/report"
)

// element is what a schema permits in an element.
type element struct {
	required, optional []string // attributes
	children           []string
	text               bool
	once               []string // the children that may be there once only
	ordered            bool     // whether the children are in order
}

// junit10 are the elements of junit-10.xsd of Jenkins' xUnit plugin, without those for tests that are run again. Its children are in
// any order and number.
var junit10 = map[string]element{
	"testsuites": {optional: []string{"name", "time", "tests", "failures", "errors"}, children: []string{"testsuite"}},
	"testsuite": {required: []string{"name", "tests", "failures", "errors"},
		optional: []string{"group", "time", "skipped", "timestamp", "hostname", "id", "package", "file", "log", "url"},
		children: []string{"testsuite", "properties", "testcase", "system-out", "system-err"}},
	"testcase": {required: []string{"name"}, optional: []string{"time", "classname", "group"},
		children: []string{"skipped", "error", "failure", "system-out", "system-err"}},
	"failure":    {optional: []string{"type", "message"}, text: true},
	"error":      {optional: []string{"type", "message"}, text: true},
	"skipped":    {optional: []string{"type", "message"}, text: true},
	"properties": {children: []string{"property"}},
	"property":   {required: []string{"name", "value"}},
	"system-out": {text: true},
	"system-err": {text: true},
}

// junit4 reads testdata/junit-4.xsd. It knows what that has of XML Schema: elements with sequences, attributes and text.
func junit4(t *testing.T) map[string]element {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "junit-4.xsd"))
	if err != nil {
		t.Fatal(err)
	}
	var schema struct {
		Elements []struct {
			Name string `xml:"name,attr"`
			Type string `xml:"type,attr"`
			Body struct {
				Mixed    bool `xml:"mixed,attr"`
				Children []struct {
					Ref string `xml:"ref,attr"`
					Max string `xml:"maxOccurs,attr"`
				} `xml:"sequence>element"`
				Attributes []struct {
					Name string `xml:"name,attr"`
					Use  string `xml:"use,attr"`
				} `xml:"attribute"`
			} `xml:"complexType"`
		} `xml:"element"`
	}
	if err := xml.Unmarshal(text, &schema); err != nil {
		t.Fatal(err)
	}
	out := map[string]element{}
	for _, e := range schema.Elements {
		el := element{text: e.Body.Mixed || e.Type == "xs:string", ordered: true}
		for _, c := range e.Body.Children {
			el.children = append(el.children, c.Ref)
			if c.Max != "unbounded" {
				el.once = append(el.once, c.Ref)
			}
		}
		for _, a := range e.Body.Attributes {
			to := &el.optional
			if a.Use == "required" {
				to = &el.required
			}
			*to = append(*to, a.Name)
		}
		out[e.Name] = el
	}
	if len(out) != len(junit10) {
		t.Fatalf("%d elements in junit-4.xsd", len(out))
	}
	return out
}

// suite counts what is in a testsuite.
type suite struct{ tests, failures, skipped int }

// checkJUnit reads XML and reports what a schema does not permit, and numbers that are wrong.
func checkJUnit(schema map[string]element, text string) (suites map[string]suite, err error) {
	var problems []error
	problem := func(words ...string) { problems = append(problems, errors.New(strings.Join(words, " "))) }
	suites = map[string]suite{}
	var open, before []string // the elements that are open; for each, the child before
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
			e, known := schema[name]
			if !known || token.Name.Space != "" {
				problem("there is no element", name)
			}
			if len(open) == 0 && name != "testsuites" {
				problem("begins with", name)
			} else if len(open) > 0 {
				parent, last := schema[open[len(open)-1]], &before[len(open)-1]
				switch i, j := slices.Index(parent.children, name), slices.Index(parent.children, *last); {
				case i < 0:
					problem(name, "must not be in", open[len(open)-1])
				case parent.ordered && i < j:
					problem(name, "must be before", *last)
				case *last == name && slices.Contains(parent.once, name):
					problem("two of", name)
				}
				*last = name
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
						problem(attribute, "is not a number")
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
			open, before = append(open, name), append(before, "")
		case xml.EndElement:
			open, before = open[:len(open)-1], before[:len(before)-1]
		case xml.CharData:
			if len(open) > 0 && strings.TrimSpace(string(token)) != "" && !schema[open[len(open)-1]].text {
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

// TestJUnit checks the format with the oldest schema that is in use, which permits the least, and the newest.
func TestJUnit(t *testing.T) {
	for schema, elements := range map[string]map[string]element{"junit-4": junit4(t), "junit-10": junit10} {
		for name, r := range map[string]*report.Report{"full": full(), "empty": empty(), "many": many(20)} {
			if _, err := checkJUnit(elements, written(t, "junit", r)); err != nil {
				t.Errorf("%s: %s: %v", schema, name, err)
			}
		}
		// The reader is strict.
		for _, wrong := range []string{
			`<testsuite name="x" tests="0" failures="0" errors="0" skipped="0"/>`,
			`<testsuites><testsuite name="x" tests="1" failures="0" errors="0" skipped="0"/></testsuites>`,
			`<testsuites><testsuite tests="0" failures="0" errors="0" skipped="0"/></testsuites>`,
			`<testsuites line="1"/>`, `<testsuites>text</testsuites>`, `<testsuites><failure/></testsuites>`, "<testsuites name=\"\x01\"/>", `<a/>`,
		} {
			if _, err := checkJUnit(elements, wrong); err == nil {
				t.Errorf("%s: takes %q", schema, wrong)
			}
		}
	}
	suites, _ := checkJUnit(junit10, written(t, "junit", full()))
	for _, name := range []string{"control", "nothing", "plain", "quotes", "whole-file", "of-no-rule", "no-file", "not checked"} {
		if _, ok := suites[name]; !ok {
			t.Errorf("no suite %q", name)
		}
	}
	const of = `<testsuites><testsuite name="x" tests="1" failures="0" errors="0" skipped="1"><testcase name="a">%s</testcase></testsuite></testsuites>`
	for _, wrong := range []string{"<system-out/><skipped/>", "<skipped message='m'/>", "<skipped/><skipped/>"} { // which junit-10 permits
		if _, err := checkJUnit(junit4(t), fmt.Sprintf(of, wrong)); err == nil {
			t.Errorf("junit-4: takes %q", wrong)
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
