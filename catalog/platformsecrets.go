package catalog

import (
	"slices"
	"time"

	"github.com/hippotion/roster/internal/eso"
)

// The types of this file are what a Platform has of External Secrets.

// Secret is one ExternalSecret.
type Secret struct {
	Name            string
	Target          string // the name of the Secret
	Origin          Origin
	Place           Place
	Store           StoreRef
	RefreshPolicy   string
	RefreshInterval time.Duration
	CreationPolicy  string
	DeletionPolicy  string
	Immutable       bool
	Type            string       // of the Secret; empty for Opaque
	Data            []SecretData // by key
	From            []SecretFrom // in the order of the list: the keys of a later one replace those of an earlier one
	Template        *SecretTemplate
}

// StoreRef is a store of External Secrets that is read from.
type StoreRef struct{ Kind, Name string }

// SecretData is one key of a Secret and where its value is.
type SecretData struct {
	Key                                string
	Path, Property                     string // remoteRef's key and property
	Version                            string
	Decoding, Conversion, MetadataFrom string    // as remoteRef has them; empty for the defaults
	From                               *StoreRef // another store than that of the secret; nil for that
}

// SecretFrom gives several keys: one of Extract, Find and Generator is set.
type SecretFrom struct {
	Extract   *SecretData // without a key: whose properties all become keys
	Find      *Find
	Generator *Generator
	Rewrite   []KeyRewrite
	Store     *StoreRef // nil for that of the Secret
}

// Find finds values by their names or their tags.
type Find struct {
	Name, Path           string // a regular expression; where it begins, or nothing
	Tags                 map[string]string
	Conversion, Decoding string
}

// Generator is an object that makes values.
type Generator struct {
	Kind, Name string
	Origin     Origin
	Spec       map[string]any // nil where it is not rendered
}

// KeyRewrite changes the names of keys.
type KeyRewrite struct {
	eso.Rewrite
	ConflictPolicy, PriorityPolicy string // of Merge
	Priority                       []string
}

// SecretTemplate is what a Secret is made with.
type SecretTemplate struct {
	Data, Labels, Annotations map[string]string
	From                      []TemplateFrom
	MergePolicy               string
}

// TemplateFrom is a template that stands elsewhere, or one that makes keys as well. One of ConfigMap, Secret and Literal is set.
type TemplateFrom struct {
	ConfigMap, Secret string
	Items             []TemplateItem
	Literal, Target   string
}

// TemplateItem is a key with a template.
type TemplateItem struct{ Key, As string }

// PushSecret is what is written to stores.
type PushSecret struct {
	Name           string
	Secret         string // that is written
	Origin         Origin
	Place          Place
	Stores         []StoreRef
	Data           []SecretData // by key; an empty one stands for all keys
	Template       *SecretTemplate
	UpdatePolicy   string
	DeletionPolicy string
	Interval       time.Duration
}

// Keys are those of the Secret that an ExternalSecret makes, or fills.
func (s *Secret) Keys() eso.Keys {
	given := s.given()
	if s.Template == nil || len(s.Template.Data)+len(s.Template.From) == 0 {
		return given
	}
	out := eso.Keys{}
	if s.Template.MergePolicy == "Merge" {
		out.Join(given)
	}
	for key := range s.Template.Data {
		out.Add(key)
	}
	for _, from := range s.Template.From {
		out.Open = out.Open || from.Target == "Data"
		for _, item := range from.Items {
			if from.Target == "Data" && item.As == "Values" {
				out.Add(item.Key)
			}
		}
	}
	return out
}

// Stores are those that the Secret is read from, each once.
func (s *Secret) Stores() []StoreRef {
	var out []StoreRef
	add := func(own *StoreRef) {
		ref := s.Store
		if own != nil {
			ref = *own
		}
		if !slices.Contains(out, ref) {
			out = append(out, ref)
		}
	}
	for i := range s.Data {
		add(s.Data[i].From)
	}
	for i := range s.From {
		if s.From[i].Generator == nil {
			add(s.From[i].Store)
		}
	}
	return out
}

// given are the keys of data and dataFrom, which templates read.
func (s *Secret) given() eso.Keys {
	out := eso.Keys{}
	for i := range s.Data {
		out.Add(s.Data[i].Key)
	}
	for i := range s.From {
		out.Join(s.From[i].keys())
	}
	return out
}

func (f *SecretFrom) keys() eso.Keys {
	keys := eso.Keys{Open: true}
	if f.Generator != nil {
		keys = eso.Generated(f.Generator.Kind, f.Generator.Spec)
	}
	operations := make([]eso.Rewrite, len(f.Rewrite))
	for i := range f.Rewrite {
		operations[i] = f.Rewrite[i].Rewrite
	}
	return eso.Rewritten(keys, operations)
}
