package git

import (
	"context"
	"errors"
	"os/exec"
	"strings"
)

// Remote is the URL of the remote origin, or of the only one, as the repository's own configuration has it; empty when there is none. It
// may have credentials in it.
func (r *Repository) Remote(ctx context.Context) (string, error) {
	out, err := r.ask(ctx, "config", "--null", "--get-regexp", `^remote\..*\.url$`)
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) && exit.ExitCode() == 1 { // there is none
		return "", nil
	} else if err != nil {
		return "", err
	}
	first, only := "", true
	seen := map[string]bool{}
	for setting := range strings.SplitSeq(strings.TrimSuffix(out, "\x00"), "\x00") {
		key, url, _ := strings.Cut(setting, "\n")
		if seen[key] { // a remote may have several: git fetches from the first
			continue
		}
		if key == "remote.origin.url" {
			return url, nil
		}
		if len(seen) > 0 {
			only = false
		}
		seen[key], first = true, url
	}
	if !only {
		return "", nil
	}
	return first, nil
}
