package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/diff/kinds"
	"github.com/hippotion/roster/internal/explain"
	"github.com/hippotion/roster/internal/fleet"
	"github.com/hippotion/roster/internal/lint/rules"
	"github.com/hippotion/roster/profiles"
	"github.com/spf13/cobra"
)

func explainCommand() *cobra.Command {
	var recursive bool
	var format, repository string
	c := &cobra.Command{
		Use:   "explain [KEY|PROFILE|RULE|KIND|APPLICATION|WORD]",
		Short: "Explain a key, a profile, a rule, a kind, a catalog application or a word of diff",
		Long: `Explain says what a word means:

  a key of applications.yml or platform.yml, by its path or the end of it; platform. before it means the one of platform.yml
  a network profile, also one of profiles/ beside the list in the current folder: what it permits, and its rules
  a kind of object that roster renders: from which keys, and in which wave
  an application of the catalog, with its values
  a rule of roster lint
  a word of roster diff, as --fail-on takes it

Where a word means several things, it explains all of them, or lists them when there are many. Without a word it lists what there is.`,
		Example: `  roster explain ingress.auth
  roster explain platform.ingress.expose
  roster explain applications --recursive
  roster explain web-app
  roster explain CiliumNetworkPolicy
  roster explain flow-opened`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 {
				path := strings.Join(args, ".")
				if len(explain.New(explain.Sources{}).Find(path)) == 0 {
					path = "ingress.auth"
				}
				return fmt.Errorf("expected one word, found %d\n  hint: write the path of a key with dots: roster explain %s", len(args), path)
			}
			return nil
		},
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			book, err := bookOf("")
			if err != nil || len(args) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return book.Words(), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(c *cobra.Command, args []string) error {
			if err := oneOf("--format", format, answerFormats); err != nil {
				return err
			}
			book, err := bookOf(repository)
			if err != nil {
				return err
			}
			var found []explain.Topic
			switch {
			case len(args) == 1:
				if found = book.Find(args[0]); len(found) == 0 {
					return book.Unknown(args[0])
				}
			case format == "text":
				return book.Overview(c.OutOrStdout())
			default:
				found = book.All()
			}
			if format == "json" {
				return printTopics(c.OutOrStdout(), found)
			}
			return explain.Write(c.OutOrStdout(), found, explain.Options{Recursive: recursive})
		},
	}
	f := c.Flags()
	f.BoolVar(&recursive, "recursive", false, "print all keys below, with their types")
	f.StringVar(&format, "format", "text", "text or json")
	f.StringVar(&repository, "repository", "", "the repository's root, when the folder is not in a Git checkout")
	complete(c, "format", answerFormats)
	return c
}

// printTopics prints topics as JSON.
func printTopics(w io.Writer, topics []explain.Topic) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(map[string]any{"topics": topics})
}

// bookOf has all that can be explained, with the profiles beside the list in the current folder if there are any.
func bookOf(repository string) (*explain.Book, error) {
	place, err := fleet.Find(".", repository)
	if err != nil {
		return nil, err
	}
	files, closer, err := place.Open()
	if err != nil {
		return nil, err
	}
	defer func() { _ = closer() }() // of files that were only read
	dir := path.Join(place.Dir, catalog.ProfilesDir)
	var mistakes diag.List // lint and render report them
	set, err := profiles.Load(files, dir, catalog.ProfilesDir, explain.Names(), &mistakes)
	if err != nil {
		return nil, err
	}
	from := explain.Sources{Rules: rules.All(), Changes: kinds.All()}
	for _, p := range catalog.BuiltinProfiles() {
		if set[p.Name] == nil {
			set[p.Name] = p
		}
	}
	for _, name := range set.Names() {
		text, err := set[name].Text(files, dir)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		from.Profiles = append(from.Profiles, explain.ProfileText{Profile: set[name], Source: text})
	}
	slices.SortStableFunc(from.Profiles, func(a, b explain.ProfileText) int {
		return order(a.Own, b.Own)
	})
	return explain.New(from), nil
}

// order has what is not the user's first.
func order(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}
