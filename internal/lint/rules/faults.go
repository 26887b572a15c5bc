package rules

import (
	"fmt"

	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/internal/lint/models/routes"
)

// reportAll reports faults, each at its place.
func reportAll(faults []routes.Fault, report lint.Report) {
	for _, f := range faults {
		report(f.At(), f.Hint, "%s", f.Message)
	}
}

// reportBrought reports faults but those of routes of the list, which it returns: where the list does not decide what is wrong, they are one
// fault.
func reportBrought(faults []routes.Fault, report lint.Report) (own []routes.Fault) {
	for _, f := range faults {
		if f.Router != nil && f.Router.Own != nil {
			own = append(own, f)
			continue
		}
		report(f.At(), f.Hint, "%s", f.Message)
	}
	return own
}

// reportOnce reports faults, each at its place, but one that several routes of the list have only for the first: platform.yml has it.
func reportOnce(faults []routes.Fault, report lint.Report) {
	type finding struct {
		file    string
		message string
	}
	count := map[finding]int{}
	key := func(f *routes.Fault) finding { return finding{f.At().Pos.File, f.Message} }
	for i := range faults {
		if faults[i].Listed {
			count[key(&faults[i])]++
		}
	}
	for i := range faults {
		f := &faults[i]
		n := count[key(f)]
		if f.Listed && n == 0 {
			continue
		}
		if f.Listed {
			count[key(f)] = 0
		}
		report(f.At(), f.Hint, "%s%s", f.Message, likeMore(max(n, 1)))
	}
}

// likeMore says of how many others the same is true, behind one of them.
func likeMore(count int) string {
	if count == 1 {
		return ""
	}
	return fmt.Sprintf(", like %d more", count-1)
}

// counted is routes of which messages name the first.
type counted struct {
	first *routes.Router
	count int
}

func (c *counted) String() string {
	if c.count > 1 {
		return fmt.Sprintf("%s and %d more", c.first, c.count-1)
	}
	return c.first.String()
}

// withoutTLS are the routes that Traefik keeps and that answer without TLS on an entry point, as far as that one permits it; nil for an
// entry point that has none.
func withoutTLS(in *lint.Context, permits func(entryPoint string) bool) map[string]*counted {
	out := map[string]*counted{}
	for _, r := range in.Routes.Routers() {
		if r.TLS || in.Routes.Dropped()[r] {
			continue
		}
		for _, name := range r.EntryPoints {
			switch c := out[name]; {
			case !permits(name):
			case c == nil:
				out[name] = &counted{r, 1}
			default:
				c.count++
			}
		}
	}
	return out
}
