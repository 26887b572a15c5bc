package git_test

import "testing"

// TestRemote: origin is meant or, without it, the only one.
func TestRemote(t *testing.T) {
	for name, c := range map[string]struct {
		remotes [][2]string
		want    string
	}{
		"none":   {},
		"origin": {[][2]string{{"a", "https://git.example/a.git"}, {"origin", "git@git.example:house/homelab.git"}, {"origin", "https://git.example/second.git"}}, "git@git.example:house/homelab.git"},
		"one":    {[][2]string{{"forge", "https://git.example/a.git"}}, "https://git.example/a.git"},
		"two":    {[][2]string{{"a", "https://git.example/a.git"}, {"b", "https://git.example/b.git"}}, ""},
	} {
		w := newWorld(t)
		for _, r := range c.remotes {
			w.git("config", "--add", "remote."+r[0]+".url", r[1])
		}
		if got, err := w.open().Remote(t.Context()); err != nil || got != c.want {
			t.Errorf("%s: %q, %v; want %q", name, got, err, c.want)
		}
	}
}
