package cli

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/hippotion/roster/internal/diag"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// unknownVerb reports a word after the program's name that is not a verb.
func unknownVerb(root *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	if hint := hintFor(strings.ToLower(args[0]), foreignVerbs[:]); hint != "" {
		return fmt.Errorf("there is no verb %q\n  hint: %s", args[0], hint)
	}
	return unknown("verb", args[0], verbNames(root))
}

// foreign is what to do instead of what other tools have: words, with spaces between them.
type foreign struct{ words, hint string }

// hintFor is the hint for a word of other tools; empty when the word is not known.
func hintFor(word string, known []foreign) string {
	for _, f := range known {
		if slices.Contains(strings.Fields(f.words), word) {
			return f.hint
		}
	}
	return ""
}

// foreignVerbs are what to do instead of what other tools call so.
var foreignVerbs = [...]foreign{
	{"apply install deploy sync up run", "roster render prints the objects, and Argo CD applies them: roster bootstrap prints what tells it to"},
	{"template build generate manifests kustomize output print show", "roster render prints the objects; with --all, also those of the applications"},
	{"validate check verify test vet status doctor", "roster lint finds mistakes"},
	{"plan preview compare changes", "roster diff says what a change does"},
	{"new create setup start scaffold", "roster init starts a list, and roster add adds an entry to it"},
	{"convert migrate adopt", "roster import reads what runs, and writes the list"},
	{"delete uninstall remove rm destroy down prune", "remove the entry from applications.yml: Argo CD removes what belongs to it; roster diff says what that is"},
	{"get describe list ls", "roster render prints the objects, and roster explain what a key, a profile or a kind means"},
	{"doc docs man info", "roster explain says what a key, a profile, a rule or a kind means"},
	{"update upgrade bump renovate", "roster outdated lists what is newer; the list itself is a file"},
	{"pull download dependency dep", "roster fetch brings what is elsewhere"},
	{"fmt format fix", "roster lint --fix mends what can be mended"},
	{"why can allow trace policy", "roster reach answers who reaches whom, and which lines decide"},
}

// foreignFlags are what to write instead of flags of other tools.
var foreignFlags = [...]foreign{
	{"-f --file --filename -k --kustomize -d --dir --directory -C --chdir", "name the folder of applications.yml, without a flag: roster render infra"},
	{"--dry-run --diff --server-side --wait --yes -y --force", "leave it out: no verb changes a cluster"},
	{"-o --output --out", "roster render prints YAML, or writes a folder with --output-dir; other verbs have --format json"},
	{"-n --ns", "write --namespace, which roster render has"},
	{"--set --values --set-string --set-file", "write values in the list: values: {replicas: 2}"},
	{"--context --kubeconfig --kube-context", "leave it out: no verb asks a cluster; --cluster names one of the list"},
	{"-A --all-namespaces", "leave it out: all namespaces are meant"},
	{"-v --verbose --debug -q --quiet", "leave it out: messages say all that is known"},
	{"-V", "write roster version"},
}

// verbNames are the verbs that users may call.
func verbNames(root *cobra.Command) []string {
	var names []string
	for _, c := range root.Commands() {
		if c.IsAvailableCommand() {
			names = append(names, c.Name())
		}
	}
	return names
}

// unknown reports a word that is not one of the known ones.
func unknown(what, word string, known []string) error {
	return fmt.Errorf("there is no %s %q\n  hint: %s", what, word, diag.DidYouMeanKey(word, known))
}

// flagError reports what is wrong with a flag, and which flags there are.
func flagError(c *cobra.Command, err error) error {
	if args := c.Flags().Args(); !c.HasParent() && len(args) > 0 {
		return unknownVerb(c, args)
	}
	var unknown *pflag.NotExistError
	if !errors.As(err, &unknown) {
		return err
	}
	var names []string
	c.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, "--"+f.Name) })
	name := "--" + unknown.GetSpecifiedName()
	if unknown.GetSpecifiedShortnames() != "" {
		name = "-" + unknown.GetSpecifiedName()
	}
	return fmt.Errorf("there is no flag %s\n  hint: %s", name, flagHint(c, name, names))
}

// flagHint is what to do about a flag that a verb does not have: its own name for it, the verbs that have it, or those that it has.
func flagHint(c *cobra.Command, name string, names []string) string {
	if hint := hintFor(name, foreignFlags[:]); hint != "" {
		return hint
	}
	if diag.Nearest(name, names) == "" {
		var have []string
		for _, other := range c.Root().Commands() {
			if other.IsAvailableCommand() && strings.HasPrefix(name, "--") && other.Flags().Lookup(name[2:]) != nil {
				have = append(have, other.Name())
			}
		}
		if len(have) > 0 {
			return diag.AllOf("these verbs have it: ", have)
		}
	}
	return diag.DidYouMeanKey(name, names)
}

func noArguments(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	if !c.HasSubCommands() {
		return fmt.Errorf("expected no arguments, found %q\n  hint: leave them out; roster help %s says what the verb takes", args, strings.TrimPrefix(c.CommandPath(), "roster "))
	}
	return unknownVerb(c, args)
}

func atMostOneFolder(_ *cobra.Command, args []string) error {
	if len(args) > 1 {
		return fmt.Errorf("expected at most one folder, found %d\n  hint: name the folder of applications.yml, or none for the current one", len(args))
	}
	return nil
}

// folderOf is the folder that the arguments name, which atMostOneFolder has checked.
func folderOf(args []string) string {
	if len(args) == 0 {
		return "."
	}
	return args[0]
}
