package lint

import (
	"fmt"
	"strings"
)

// Documentation is the documentation of a rule, in Markdown, from its heading on.
func (r *Rule) Documentation() string {
	var b strings.Builder
	severity := string(r.Severity)
	if r.Strict {
		severity += ", with `strict` only"
	}
	fmt.Fprintf(&b, "## `%s`\n\n%s: %s.\n\n%s\n", r.Name, severity, r.Summary, strings.TrimSpace(r.Doc))
	for _, example := range []struct{ words, folder string }{{"Bad", r.Bad}, {"Good", r.Mended()}} {
		fmt.Fprintf(&b, "\n%s:\n\n```\n%s\n```\n", example.words, strings.TrimSpace(example.folder))
	}
	return b.String()
}

// Reference is docs/lint.md.
func (all Rules) Reference() string {
	var b strings.Builder
	b.WriteString(`# The rules of roster lint

Each mistake that ` + "`roster lint`" + ` finds: why it matters, an example of it, and the same example mended. ` + "`roster help RULE`" + ` prints a
section of this page, which is made from the rules: ` + "`make update`" + ` rewrites it.

` + "`lint.rules` of `platform.yml`" + ` changes the severity of a rule, or turns it off; ` + "`lint.strict`" + ` turns on those that are
marked. A finding is waived by a comment on its line, or on the line above, with a reason and, if it is for a time, an end:

` + "```yaml" + `
- namespace: kube-system # lint:ignore open-namespace the pods are on the host network
  # lint:ignore world-egress-without-ports trackers use any port until 2027-03-01
` + "```" + `

` + "`roster lint --fix`" + ` mends what the rules marked with ` + "`--fix`" + ` find: in the file, where it can do so without touching anything else, and
as long as the list has no mistake then. It reports what it has changed, and what it has left.

In the examples, a line such as ` + "`-- applications.yml --`" + ` begins a file. The bad example of a rule whose severity is info shows
nothing without ` + "`--severity info`" + `, and that of a rule with ` + "`strict`" + ` nothing without ` + "`lint: {strict: true}`" + ` in ` + "`platform.yml`" + `.

| rule | severity | what it finds |
|---|---|---|
`)
	for _, r := range all {
		severity := string(r.Severity)
		if r.Strict {
			severity += ", `strict`"
		}
		if r.Fixable {
			severity += ", `--fix`"
		}
		fmt.Fprintf(&b, "| [`%s`](#%s) | %s | %s |\n", r.Name, r.Name, severity, r.Summary)
	}
	for _, r := range all {
		b.WriteString("\n" + r.Documentation())
	}
	return b.String()
}
