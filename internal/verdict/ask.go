package verdict

// What may be asked about one rule, and about one end of a flow. Of a rule that is not judged, nothing is known: the answer is perhaps.

// rule is that of a reference; nil when there is none, or nothing of its policy is judged.
func (j *Judge) rule(r Ref) *rule {
	j.read(j.policies[r.Policy].Namespace)
	return j.byRef[r]
}

// Unjudged is why a rule is not judged; empty when it is.
func (j *Judge) Unjudged(r Ref) string {
	if rule := j.rule(r); rule != nil {
		return rule.unjudged
	}
	return ""
}

// Selects tells whether the policy of a rule applies to a peer: surely, or at least perhaps.
func (j *Judge) Selects(r Ref, p *Peer) (surely, perhaps bool) {
	if rule := j.rule(r); rule != nil && p.enforces {
		return rule.subject.selects(p).split()
	}
	return false, false
}

// Names tells whether one of toEndpoints or fromEndpoints of a rule, or of the peers of a NetworkPolicy's, counted from 0, is a peer.
func (j *Judge) Names(r Ref, number int, p *Peer) (surely, perhaps bool) {
	switch rule := j.rule(r); {
	case rule == nil:
		return false, false
	case rule.unjudged != "" || number >= len(rule.selectors):
		return false, true
	default:
		return rule.selectors[number].selects(p).split()
	}
}

// Has reports whether a peer is certainly one of those of a rule.
func (j *Judge) Has(r Ref, p *Peer) bool {
	rule := j.byRef[r]
	return rule != nil && rule.has(p, no) == yes
}

func (a answer) split() (surely, perhaps bool) { return a == yes, a != no }

// On is the ports that a rule is for, at most, in flows between a peer that its policy applies to and another one.
func (j *Judge) On(r Ref, at, other *Peer) Ports {
	rule := j.rule(r)
	if rule == nil {
		return Ports{}
	}
	ports, anyPort := j.ports(rule, at, other)
	if anyPort {
		return everyPort
	}
	return ports
}

// Half is the ports that the policies at one end of a flow permit, surely and at most, whatever those at the other end do.
func (j *Judge) Half(at, other *Peer, ingress bool) (sure, most Ports) {
	return j.open(at, other, ingress, no)
}

// Closed reports whether policies surely make a peer deny what nothing allows, in one direction.
func (j *Judge) Closed(p *Peer, ingress bool) bool {
	for _, r := range j.subject(p)[direction(ingress)] {
		if r.closes && r.surely {
			return true
		}
	}
	return p.init()
}

// Weight is how many rules have to be looked at for an answer about one end of a flow.
func (j *Judge) Weight(p *Peer, ingress bool) int { return len(j.subject(p)[direction(ingress)]) }
