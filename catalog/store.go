package catalog

import "github.com/hippotion/roster/internal/syntax"

// Store is a store of External Secrets that roster renders: for all namespaces, or a SecretStore of one.
type Store struct {
	StoreRef
	Namespace  string // of a SecretStore
	Origin     Origin
	Place      Place
	Provider   string           // as the CRD names it, such as vault
	Block      map[string]any   // what the CRD has for the provider
	Conditions []StoreCondition // which namespaces may use it; all when there are none
	Needs      []SecretKey      // what its login is made of
	Accounts   []Account        // as which External Secrets logs in
	Sync       Sync
	raw        *syntax.Any // the block as the user wrote it; nil when its keys are typed
}

// StoreCondition is met by a namespace when any of it fits.
type StoreCondition struct {
	Namespaces, Regexes []string
	Labels              map[string]string
}

// SecretKey is a key of a Secret.
type SecretKey struct{ Namespace, Name, Key string }

// Account is a ServiceAccount.
type Account struct{ Namespace, Name string }

// Vault is the block of a store for Vault, at a key such as server; empty for another one.
func (s *Store) Vault(path ...string) string {
	if s.Provider != "vault" {
		return ""
	}
	var v any = s.Block
	for _, key := range path {
		m, _ := v.(map[string]any)
		v = m[key]
	}
	text, _ := v.(string)
	return text
}

// StoreOf is the ClusterSecretStore of a name, when it is rendered; nil for any other.
func (p *Platform) StoreOf(ref StoreRef) *Store {
	for i := range p.Stores {
		if p.Stores[i].StoreRef == ref {
			return &p.Stores[i]
		}
	}
	return nil
}

// StoreNames are the names of the ClusterSecretStores that are rendered.
func (p *Platform) StoreNames() []string {
	var out []string
	for _, s := range p.Stores {
		out = append(out, s.Name)
	}
	return out
}

// StoreWave is the wave of all stores that are rendered, and whether there are any.
func (p *Platform) StoreWave() (Wave, bool) {
	for _, s := range stored(p) {
		return s.Sync.Wave, true
	}
	return 0, false
}

// AllStores are the stores that are rendered: those of all namespaces, and then those of each.
func (p *Platform) AllStores() []*Store { return stored(p) }

// BlockAt is where the user wrote a part of the block, and whether the block is written as it is: its fields are only checked then.
func (s *Store) BlockAt(path ...string) (at Place, asItIs bool) {
	if s.raw == nil {
		return s.Place, false
	}
	node, _ := s.raw.At(path...)
	return place(node), true
}
