package verdict

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

// clusterName is Cilium's default. Policies that name no cluster are bound to
// the local one, so it only has to be the same for policies and pods.
const clusterName = "default"

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
}

func (owner) GetID() uint64                      { return 0 }
func (owner) IsHost() bool                       { return false }
func (owner) PreviousMapState() *policy.MapState { return nil }
func (owner) PolicyDebug(string, ...any)         {}

// GetNamedPort returns 0 for an unknown name, as the engine expects. The agent
// looks names in egress rules up among all pods of the cluster, and drops the
// rule when two disagree about the number. Only the peer is asked here.
func (o owner) GetNamedPort(ingress bool, name string, proto u8proto.U8proto) uint16 {
	ports := o.peer
	if ingress {
		ports = o.ports
	}
	port, err := ports.GetNamedPort(name, proto)
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
