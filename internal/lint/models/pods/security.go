package pods

import (
	"slices"
	"strconv"
	"strings"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/lint/models/deployed"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/pod-security-admission/api"
	admission "k8s.io/pod-security-admission/policy"
)

// judgement is a question about a pod that the API server asks.
type judgement struct {
	pod            *deployed.Pod
	level, version string
}

func newEvaluator() admission.Evaluator {
	e, err := admission.NewEvaluator(admission.DefaultChecks(), nil)
	if err != nil {
		panic("the checks of Kubernetes itself are wrong: " + err.Error())
	}
	return e
}

// Forbids are the checks of a level that a pod does not pass; none for an empty level.
func (in *Model) Forbids(p *deployed.Pod, level, version string) []admission.CheckResult {
	if level == "" {
		return nil
	}
	q := judgement{p, level, version}
	if out, known := in.unpermitted[q]; known {
		return out
	}
	v, err := api.ParseVersion(version)
	if err != nil {
		v = api.LatestVersion()
	}
	var out []admission.CheckResult
	for from := 0; len(out) == 0 && from <= max(len(p.Spec.Containers), len(p.Spec.InitContainers), len(p.Spec.Volumes)); from += judgedAtOnce {
		spec := p.Spec // the checks join names in time that grows with the square of their number
		spec.Containers, spec.InitContainers, spec.Volumes = judged(spec.Containers, from), judged(spec.InitContainers, from), judged(spec.Volumes, from)
		results := in.evaluator.Get(newEvaluator).EvaluatePod(api.LevelVersion{Level: api.Level(level), Version: v}, &p.ObjectMeta, &spec)
		out = slices.DeleteFunc(results, func(r admission.CheckResult) bool { return r.Allowed })
	}
	if in.unpermitted == nil {
		in.unpermitted = map[judgement][]admission.CheckResult{}
	}
	in.unpermitted[q] = out
	return out
}

// Passed is the strictest level that all known pods of a namespace pass.
func (in *Model) Passed(n *catalog.Namespace) string {
	if level, known := in.passed[n.Name]; known {
		return level
	}
	levels := []api.Level{api.LevelRestricted, api.LevelBaseline, api.LevelPrivileged}
	for _, o := range in.deployed.Within(n.Name) {
		p := in.deployed.Readable()[o]
		for p != nil && len(levels) > 1 && len(in.Forbids(p, string(levels[0]), n.PodSecurity.Version)) > 0 {
			levels = levels[1:]
		}
	}
	if in.passed == nil {
		in.passed = map[string]string{}
	}
	in.passed[n.Name] = string(levels[0])
	return in.passed[n.Name]
}

// judgedAtOnce is how many containers and volumes of a pod are judged at once. Those of the first that do not pass are named.
const judgedAtOnce = 256

// judged is the elements of a list from one on, at most judgedAtOnce.
func judged[T any](list []T, from int) []T {
	return list[min(from, len(list)):min(from+judgedAtOnce, len(list))]
}

// Labelled is the entry of a pod's namespace when the list sets its levels.
func (in *Model) Labelled(p *deployed.Pod) *catalog.Namespace {
	if n := in.deployed.Entry(p.Object.Namespace); n != nil && n.Managed {
		return n
	}
	return nil
}

// Insecure is where the user wrote what a check forbids, or should have written what it requires.
func (in *Model) Insecure(p *deployed.Pod, r admission.CheckResult) catalog.Place {
	at := []string{"spec"}
	detail := r.ForbiddenDetail
	switch {
	case r.ForbiddenReason == "host namespaces":
		field, _, _ := strings.Cut(detail, "=")
		at = append(at, field)
	case strings.Contains(r.ForbiddenReason, "volume"):
		names := quoted(detail)
		i := slices.IndexFunc(p.Spec.Volumes, func(v corev1.Volume) bool { return names[v.Name] })
		at = append(at, "volumes", strconv.Itoa(i))
	case r.ForbiddenReason == "forbidden sysctls":
		at = append(at, "securityContext", "sysctls")
	case strings.HasPrefix(detail, "pod ") && p.Spec.SecurityContext != nil: // pod or containers …
		at = append(at, "securityContext")
	case strings.Contains(detail, "container"):
		at = append(at, container(p, detail, r.ForbiddenReason)...)
	default:
		at = append(at, "securityContext")
	}
	return in.places.Field(p.Object, slices.Concat(p.At, at)...)
}

// container leads to the security context, or the ports, of the first container that is named.
func container(p *deployed.Pod, detail, reason string) []string {
	field := "securityContext"
	if reason == "hostPort" {
		field = "ports"
	}
	names := quoted(detail)
	named := func(c corev1.Container) bool { return names[c.Name] }
	if i := slices.IndexFunc(p.Spec.Containers, named); i >= 0 {
		return []string{"containers", strconv.Itoa(i), field}
	}
	if i := slices.IndexFunc(p.Spec.InitContainers, named); i >= 0 {
		return []string{"initContainers", strconv.Itoa(i), field}
	}
	return nil
}

// quoted are the names in quotes in what a check says.
func quoted(detail string) map[string]bool {
	out := map[string]bool{}
	for {
		_, rest, found := strings.Cut(detail, `"`)
		if !found {
			return out
		}
		text, err := strconv.QuotedPrefix(`"` + rest)
		if err != nil {
			return out
		}
		if name, err := strconv.Unquote(text); err == nil {
			out[name] = true
		}
		detail = rest[len(text)-1:]
	}
}

// Reasons words in short what the checks forbid: what they are about, without the names.
func Reasons(results []admission.CheckResult) string {
	all := admission.AggregateCheckResults(results)
	return all.ForbiddenReason()
}

// Forbidden words what the checks forbid, as the API server does.
func Forbidden(results []admission.CheckResult) string {
	all := admission.AggregateCheckResults(results)
	return all.ForbiddenDetail()
}
