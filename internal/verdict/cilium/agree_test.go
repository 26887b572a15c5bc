package cilium_test

import (
	"fmt"
	"slices"

	"github.com/hippotion/roster/internal/verdict"
)

// disagreement is what package verdict says otherwise than Cilium's engine about a flow; empty when it says the same.
func disagreement(j *verdict.Judge, f verdict.Flow, want verdict.Verdict) string {
	got, err := j.Verdict(f)
	if err != nil {
		return fmt.Sprintf("%+v: %v", f, err)
	}
	same := got.Learned == want.Learned && alike(got.Egress, want.Egress) && alike(got.Ingress, want.Ingress)
	if same {
		return ""
	}
	return fmt.Sprintf("%+v:\n got  %+v\n want %+v", f, got, want)
}

// alike reports whether two decisions are the same. The engine names the policies of one entry of its tables, which may be fewer than those
// that decide.
func alike(got, want verdict.Decision) bool {
	subset := !slices.ContainsFunc(want.Policies, func(p string) bool { return !slices.Contains(got.Policies, p) })
	return got.Allowed == want.Allowed && got.Enforced == want.Enforced && (got.Proxy == want.Proxy) && subset
}
