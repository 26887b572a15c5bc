package catalog

// DependsOn are the applications that an application names under dependsOn, and which are there.
func (o Order) DependsOn(code string) []string {
	if o.waits == nil || o.waits.names.apps[code] == nil {
		return nil
	}
	return targets(o.waits.after(o.waits.names.apps[code].DependsOn, ""))
}

// CommonWaits are the applications that all objects of one sort wait for, and with them the applications that wait for those objects.
type CommonWaits struct{ Policies, Secrets, Routes []string }

// Common are those of a platform.
func (o Order) Common() CommonWaits {
	s := o.waits
	if s == nil {
		return CommonWaits{}
	}
	return CommonWaits{
		Policies: s.providers[s.policies()],
		Secrets:  append(targets(s.after(s.settings.in.Secrets.DependsOn, "")), s.providers[groupExternalSecrets]...),
		Routes:   s.providers[groupTraefik],
	}
}

// targets are the names of what some edges lead to.
func targets(edges []edge) []string {
	var out []string
	for _, e := range edges {
		out = append(out, e.to.name)
	}
	return out
}
