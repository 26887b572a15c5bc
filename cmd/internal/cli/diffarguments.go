package cli

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/git"
	"github.com/spf13/cobra"
)

// revisionsAndFolder tells one argument apart: it is a folder, or a revision.
func revisionsAndFolder(ctx context.Context, args []string) (revisions, dir string, err error) {
	switch len(args) {
	case 0:
		return "", ".", nil
	case 2:
		return args[0], args[1], noFolder(args)
	}
	info, err := os.Stat(args[0])
	switch {
	case err == nil && filepath.Base(args[0]) == catalog.ApplicationsFile:
		return "", "", fmt.Errorf("%q is not a folder\n  hint: name the folder that holds it: roster diff %s", args[0], filepath.Dir(args[0]))
	case err != nil || !info.IsDir():
		return args[0], ".", nil
	}
	if repository, err := git.Open(ctx, "."); err == nil {
		if _, err := repository.Commit(ctx, args[0]); err == nil {
			return "", "", fmt.Errorf("%q is a folder and a revision\n  hint: write ./%s for the folder, or %s . for the revision", args[0], args[0], args[0])
		}
	}
	return "", args[0], nil
}

// offered completes the arguments: a revision, where there may be one, and a folder.
func (o *diffOptions) offered(c *cobra.Command, args []string, word string) ([]string, cobra.ShellCompDirective) {
	switch {
	case o.base != "" || o.baseRoster != "":
		return folders(c, args, word)
	case len(args) == 0:
		return revisions(c, args, word)
	case isFolder(args[0]):
		return nothingToOffer(c, args, word)
	}
	return folders(c, args[1:], word)
}

// noFolder reports two arguments of which the second one is no folder, as in the wrong order, or with two revisions.
func noFolder(args []string) error {
	_, err := os.Stat(args[1])
	switch {
	case err == nil: // what is wrong with it is said where it is opened
	case isFolder(args[0]):
		return fmt.Errorf("there is no folder %q\n  hint: the revision is first: roster diff %s %s", args[1], args[1], args[0])
	case !strings.Contains(args[0], ".."):
		return fmt.Errorf("there is no folder %q\n  hint: two revisions are one argument: roster diff %s..%s", args[1], args[0], args[1])
	}
	return nil
}
