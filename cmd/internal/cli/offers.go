package cli

import (
	"context"
	"os"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/catalog/apps"
	"github.com/hippotion/roster/internal/fleet"
	"github.com/hippotion/roster/internal/git"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// What the shells complete. Names come from what others wrote: typeable keeps out what a shell would treat as anything but a name.

// offer is what may stand where a word is typed.
type offer = func(c *cobra.Command, args []string, word string) ([]string, cobra.ShellCompDirective)

// patience is how long a list is read for: who waits longer has typed the word.
const patience = 2 * time.Second

// completing gives each flag of all verbs its completion, unless its verb has done so, and offers no files to verbs without arguments.
func completing(c *cobra.Command) {
	for _, verb := range c.Commands() {
		completing(verb)
	}
	if c.ValidArgsFunction == nil && c.Args != nil && c.Args(c, []string{"x"}) != nil {
		c.ValidArgsFunction = nothingToOffer
	}
	c.Flags().VisitAll(func(f *pflag.Flag) {
		if _, known := c.GetFlagCompletionFunc(f.Name); known {
			return
		}
		if err := c.RegisterFlagCompletionFunc(f.Name, offerOf(f)); err != nil {
			panic(err) // an unknown flag, which the first test finds
		}
	})
}

// offerOf is what completes a flag, by its name: the same means the same in all verbs.
func offerOf(f *pflag.Flag) offer {
	switch f.Name {
	case "repository", "output-dir", "base", "path":
		return anyFolder
	case "namespace":
		return names(namespaces)
	case "app", "update", "depends-on":
		return names(codes)
	case "cluster":
		return names(clusters)
	case "from":
		return names(origins)
	case "to":
		return names(targets)
	case "profile":
		return names(profileNames)
	case "expose":
		return names(exposures)
	case "catalog":
		return choice(f, apps.Names())
	case "pod-security":
		return choice(f, []string{"privileged", "baseline", "restricted"})
	case "output", "baseline", "write-baseline", "netrc", "base-roster", "observed", "file":
		return files
	}
	return nothingToOffer // a text of one's own, or a number
}

func nothingToOffer(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return nil, cobra.ShellCompDirectiveNoFileComp
}

func files(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return nil, cobra.ShellCompDirectiveDefault
}

func anyFolder(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return nil, cobra.ShellCompDirectiveFilterDirs
}

// folders completes the only argument of a verb, a folder.
func folders(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return nil, cobra.ShellCompDirectiveFilterDirs
}

// complete offers words for a flag.
func complete(c *cobra.Command, flag string, of []string) {
	if err := c.RegisterFlagCompletionFunc(flag, choice(c.Flags().Lookup(flag), of)); err != nil {
		panic(err) // an unknown flag, which the first test finds
	}
}

// choice offers words; for a flag that takes several, also after a comma.
func choice(f *pflag.Flag, of []string) offer {
	several := f.Value.Type() == "stringSlice"
	return func(_ *cobra.Command, _ []string, word string) ([]string, cobra.ShellCompDirective) {
		before := ""
		if several {
			before = word[:strings.LastIndexByte(word, ',')+1]
		}
		return offered(before, of, word), cobra.ShellCompDirectiveNoFileComp
	}
}

// offered are the words that one may become, each after what stands before all of them.
func offered(before string, words []string, word string) []string {
	var out []string
	for _, w := range words {
		if w = before + w; strings.HasPrefix(w, word) && typeable(w) {
			out = append(out, w)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// typeable reports whether bash, zsh and fish treat a word as a word and nothing else, and it is seen for what it is.
func typeable(word string) bool {
	return word != "" && !strings.ContainsRune("-=#", rune(word[0])) && !strings.ContainsFunc(word, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("-._/:@=+,#", r)
	})
}

// names offers what the list has, in the folder that the command line names.
func names(of func(p *catalog.Platform, word string) []string) offer {
	return func(c *cobra.Command, args []string, word string) ([]string, cobra.ShellCompDirective) {
		var all []string
		for _, p := range platformsOf(c, args) {
			all = append(all, of(p, word)...)
		}
		return offered("", all, word), cobra.ShellCompDirectiveNoFileComp
	}
}

// platformsOf are the platforms of the list; none when it has mistakes.
func platformsOf(c *cobra.Command, args []string) []*catalog.Platform {
	first := map[string]int{"reach": 2, "add": 1}[c.Name()] // ends, and a name, are before the folder
	if slices.ContainsFunc([]string{"from", "to", "matrix", "observed"}, c.Flags().Changed) {
		first = 0
	}
	args = args[min(len(args), first):]
	repository, _ := c.Flags().GetString("repository") // which not all verbs have
	place, err := fleet.Find(folderOf(args), repository)
	if err != nil {
		return nil
	}
	platforms, _ := fleet.Platforms(place, patience) // without a list, there is nothing to offer
	return platforms
}

func isFolder(name string) bool {
	info, err := os.Stat(name)
	return err == nil && info.IsDir()
}

// revisions offers what a revision may be called, also the second one of two; and folders, where none is.
func revisions(_ *cobra.Command, _ []string, word string) ([]string, cobra.ShellCompDirective) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	repository, err := git.Open(ctx, ".")
	if err != nil {
		return nil, cobra.ShellCompDirectiveFilterDirs
	}
	all, _ := repository.Names(ctx) // without them, there is nothing to offer
	before := ""
	if i := strings.LastIndex(word, ".."); i >= 0 {
		before = word[:i+2]
	}
	return offered(before, all, word), cobra.ShellCompDirectiveFilterDirs
}
