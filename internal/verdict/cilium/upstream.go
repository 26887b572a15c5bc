// Package cilium answers the questions of package verdict with Cilium's own
// policy engine (v1.19, default settings on Kubernetes): policies go through
// the translation that the Cilium agent applies to them, and the engine computes
// the same map that it would load into the kernel. It is for tests, which hold
// package verdict against it; upstream keeps the engine's offline use for tests,
// too.
//
// Not supported, and rejected by [New] rather than judged wrongly: toServices,
// fromGroups and toGroups, CIDR groups (all need objects of a cluster),
// authentication, and nodeSelector (host firewall).
package cilium

import (
	"log/slog"
	"sync"

	cilium "github.com/cilium/proxy/go/cilium/api"

	"github.com/cilium/cilium/pkg/endpoint/regeneration"
	"github.com/cilium/cilium/pkg/labelsfilter"
	"github.com/cilium/cilium/pkg/option"
	"github.com/cilium/cilium/pkg/policy"
	"github.com/cilium/cilium/pkg/policy/api"
	policytypes "github.com/cilium/cilium/pkg/policy/types"
	"github.com/cilium/cilium/pkg/spanstat"
	ciliumtypes "github.com/cilium/cilium/pkg/types"
	"github.com/cilium/cilium/pkg/u8proto"
)

// quiet is the logger for Cilium, which warns about much that is irrelevant here.
var quiet = slog.New(slog.DiscardHandler)

// upstream guards all calls of Cilium's engine. It numbers selectors with a
// plain global variable (lastSelectorId), so two engines at a time could give
// two selectors of one engine the same number, and so the same peers.
var upstream sync.Mutex

// configure sets what the agent sets at start and the engine reads from global
// variables. Nothing else in this module reads these.
var configure = sync.OnceFunc(func() {
	policy.SetPolicyEnabled(option.DefaultEnforcement)
	// The agent turns "auto" into "always" on Kubernetes, where the kubelet must
	// reach the pods of its node.
	option.Config.AllowLocalhost = option.AllowLocalhostAlways
	if err := labelsfilter.ParseLabelPrefixCfg(quiet, nil, nil, ""); err != nil {
		panic(err) // fails for a configuration file only, and there is none
	}
})

// owner answers the engine's questions about an endpoint.
type owner struct {
	ports ciliumtypes.NamedPortMap // its own
	peer  ciliumtypes.NamedPortMap // of the other end
	all   cluster                  // those of all pods; nil when these are not known
}

// cluster is the named ports of all pods of a cluster.
type cluster interface {
	ciliumtypes.NamedPortMultiMap
	Update(before, now ciliumtypes.NamedPortMap) bool
}

func (owner) GetID() uint64                      { return 0 }
func (owner) IsHost() bool                       { return false }
func (owner) PreviousMapState() *policy.MapState { return nil }
func (owner) PolicyDebug(string, ...any)         {}

// GetNamedPort returns 0 for an unknown name, as the engine expects. The agent
// looks names in egress rules up among all pods of the cluster, and drops the
// rule when two disagree about the number.
func (o owner) GetNamedPort(ingress bool, name string, proto u8proto.U8proto) uint16 {
	port, err := uint16(0), error(nil)
	switch {
	case ingress:
		port, err = o.ports.GetNamedPort(name, proto)
	case o.all != nil:
		port, err = o.all.GetNamedPort(name, proto)
	default:
		port, err = o.peer.GetNamedPort(name, proto)
	}
	if err != nil {
		return 0
	}
	return port
}

func (owner) RegenerateIfAlive(*regeneration.ExternalRegenerationMetadata) <-chan bool {
	done := make(chan bool)
	close(done)
	return done
}

type noMetrics struct{}

func (noMetrics) AddRule(policytypes.PolicyEntry) {}
func (noMetrics) DelRule(policytypes.PolicyEntry) {}

// noEnvoy stands in for the translation of HTTP rules to Envoy's: nothing here
// runs a proxy.
type noEnvoy struct{}

func (noEnvoy) GetEnvoyHTTPRules(*api.L7Rules, string) (*cilium.HttpNetworkPolicyRules, bool) {
	return nil, true
}

// stats swallows timings.
type stats struct{}

func (stats) WaitingForPolicyRepository() *spanstat.SpanStat { return &spanstat.SpanStat{} }
func (stats) SelectorPolicyCalculation() *spanstat.SpanStat  { return &spanstat.SpanStat{} }
