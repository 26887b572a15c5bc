package catalog

import (
	"strings"

	"github.com/hippotion/roster/internal/argocd"
	"github.com/hippotion/roster/internal/syntax"
)

// buildOptionsOf reads kustomize.buildOptions as Argo CD hands it to kustomize: words between blanks (util/kustomize,
// parseKustomizeBuildOptions).
func buildOptionsOf(in text) argocd.BuildOptions {
	out := argocd.BuildOptions{Text: strings.Join(strings.Fields(in.V), " ")}
	words := strings.Fields(in.V)
	for len(words) > 0 {
		name, value, joined := strings.Cut(words[0], "=")
		words = words[1:]
		switch name {
		case "--enable-helm":
			switch value {
			case "", "true":
				out.Helm = true
			case "false":
				out.Helm = false
			default:
				in.Report("bad-option", "", "--enable-helm: expected true or false, found %s", syntax.Quote(value))
			}
		case "--load-restrictor", "--reorder": // the second only changes an order that Argo CD does not keep
			if !joined {
				if len(words) == 0 {
					in.Report("bad-option", "", "%s needs a value", name)
					continue
				}
				value, words = words[0], words[1:]
			}
			expected := [...]string{"LoadRestrictionsRootOnly", "LoadRestrictionsNone"}
			if name == "--reorder" {
				expected = [...]string{"legacy", "none"}
			}
			if value != expected[0] && value != expected[1] {
				in.Report("bad-option", "", "%s: expected %s or %s, found %s", name, expected[0], expected[1], syntax.Quote(value))
			}
			if name == "--load-restrictor" {
				out.AnyFile = value == expected[1]
			}
		case "--enable-alpha-plugins", "--enable-exec", "--enable-star", "--network", "--mount":
			in.Report("bad-option", "leave it out: what a kustomization brings would run beside Argo CD's secrets", "roster does not run programs of kustomizations, as %s would", name)
		default:
			in.Report("bad-option", "roster knows --enable-helm, --load-restrictor and --reorder", "unknown option %s", syntax.Quote(name))
		}
	}
	return out
}
