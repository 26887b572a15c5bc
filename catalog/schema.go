package catalog

import (
	"bytes"
	"embed"
	"encoding/json"
	"reflect"
	"slices"
	"strings"

	"github.com/hippotion/roster/catalog/apps"
	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/syntax"
	"github.com/hippotion/roster/profiles"
)

// ApplicationsSchema is the JSON Schema of applications.yml, for editors. It describes the shape as internal/syntax
// checks it, and never refuses what Load accepts; of what the values mean it checks a little.
func ApplicationsSchema() []byte { return applicationsSchema(readDescriptions()) }

// PlatformSchema is the JSON Schema of platform.yml.
func PlatformSchema() []byte { return platformSchema(readDescriptions()) }

func applicationsSchema(d descriptions) []byte {
	s := d.value(reflect.TypeFor[[]entryInput](), syntax.Field{})
	s.MinItems = 1
	return s.file(ApplicationsFile)
}

func platformSchema(d descriptions) []byte {
	return d.value(reflect.TypeFor[platformInput](), syntax.Field{}).file(PlatformFile)
}

// descriptions are the texts of docs/input.md, from which a test writes descriptions.json.
type descriptions struct {
	Types  map[string]described         `json:"types"`  // by the names of input types
	Values map[string]map[string]string `json:"values"` // of a list of permitted values, what each means; by the tag enum
}

// described is an input type.
type described struct {
	Section string             `json:"section"` // the heading of its table
	About   string             `json:"about,omitempty"`
	Keys    map[string]keyText `json:"keys"`
}

// keyText is a row of a table.
type keyText struct {
	Value   string `json:"value"` // what may be written
	Default string `json:"default,omitempty"`
	Text    string `json:"text"` // what it becomes
}

//go:embed descriptions.json
var descriptionsJSON []byte

func readDescriptions() descriptions {
	var d descriptions
	if err := json.Unmarshal(descriptionsJSON, &d); err != nil {
		panic("catalog: descriptions.json: " + err.Error()) // it is a part of the program
	}
	return d
}

// key is the text of a key of a struct, and the heading of the table that has it. What several structs embed is described where it is first,
// unless the struct says it itself.
func (d descriptions) key(t reflect.Type, f syntax.Field) (text keyText, section string) {
	for _, name := range []string{t.Name(), f.Owner.Name()} {
		if found, ok := d.Types[name].Keys[f.Name]; ok {
			return found, d.Types[name].Section
		}
	}
	return keyText{}, ""
}

// hover is the text that an editor shows of a key: what it is for, what to write, and where it is documented.
func (d descriptions) hover(t reflect.Type, f syntax.Field) string {
	text, section := d.key(t, f)
	if text.Text == "" {
		return ""
	}
	out := text.Text + "\n\n" + text.Value
	if text.Default != "" {
		out += "; default: " + text.Default
	}
	return plainText(out) + "\n\n" + Manual + "#" + Anchor(section)
}

// Manual is where the input is documented.
const Manual = "https://github.com/hippotion/roster/blob/main/docs/input.md"

// Anchor is that of a heading on a page of Markdown.
func Anchor(heading string) string {
	return strings.ReplaceAll(strings.ToLower(strings.ReplaceAll(heading, ".", "")), " ", "-")
}

// plainText is Markdown without the marks of code, which editors show as they are.
func plainText(markdown string) string {
	parts := strings.Split(markdown, "``")
	for i := 0; i < len(parts); i += 2 {
		parts[i] = strings.ReplaceAll(parts[i], "`", "")
	}
	return strings.Join(parts, "")
}

// schema is a JSON Schema, draft 07: the newest that all editors know. It has no $ref, because draft 07 ignores what is
// beside one, and a description would.
type schema struct {
	Draft                string             `json:"$schema,omitempty"`
	Title                string             `json:"title,omitempty"`
	Description          string             `json:"description,omitempty"`
	AnyOf                []*schema          `json:"anyOf,omitempty"`
	Type                 kinds              `json:"type,omitempty"`
	Enum                 []any              `json:"enum,omitempty"`
	EnumDescriptions     []string           `json:"enumDescriptions,omitempty"` // beside the standard: for editors
	Pattern              string             `json:"pattern,omitempty"`
	Minimum              int                `json:"minimum,omitempty"`
	Maximum              int                `json:"maximum,omitempty"`
	MinItems             int                `json:"minItems,omitempty"`
	Items                *schema            `json:"items,omitempty"`
	Properties           map[string]*schema `json:"properties,omitempty"`
	Required             []string           `json:"required,omitempty"`
	AdditionalProperties any                `json:"additionalProperties,omitempty"` // a schema, or false
}

// kinds are the types that a value may have.
type kinds []string

// MarshalJSON writes one type as a text: editors then give the shorter message.
func (k kinds) MarshalJSON() ([]byte, error) {
	if len(k) == 1 {
		return json.Marshal(k[0])
	}
	return json.Marshal([]string(k))
}

// file is the schema as the text of a file.
func (s *schema) file(title string) []byte {
	s.Draft, s.Title = "http://json-schema.org/draft-07/schema#", "roster's "+title
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(s); err != nil {
		panic("catalog: " + err.Error()) // it is made of texts and numbers
	}
	return out.Bytes()
}

// value is the schema of a value of type t; f belongs to the key whose value it is, or in whose list it is an element.
func (d descriptions) value(t reflect.Type, f syntax.Field) *schema {
	switch t {
	case reflect.TypeFor[text]():
		s := &schema{Type: kinds{"string"}}
		for _, permitted := range f.Enum {
			s.permit(permitted, d.Values[strings.Join(f.Enum, ",")][permitted])
		}
		return s
	case reflect.TypeFor[number]():
		return &schema{Type: kinds{"integer"}}
	case reflect.TypeFor[flag]():
		return &schema{Type: kinds{"boolean"}}
	case reflect.TypeFor[syntax.Text]():
		return &schema{Type: kinds{"string", "number", "boolean"}}
	case reflect.TypeFor[syntax.Any]():
		return &schema{}
	case reflect.TypeFor[syntax.Layer](): // mapping says of what
		return &schema{Type: kinds{"object"}}
	}
	switch t.Kind() {
	case reflect.Pointer:
		return d.value(t.Elem(), f)
	case reflect.Slice:
		list := &schema{Type: kinds{"array"}, Items: d.value(t.Elem(), f)}
		if f.One {
			return &schema{AnyOf: []*schema{d.value(t.Elem(), f), list}}
		}
		return list
	case reflect.Struct:
		if items, isMap := t.FieldByName("Items"); isMap { // syntax.Map
			element, _ := items.Type.Elem().FieldByName("Value")
			values := d.value(element.Type, f)
			if element.Type == reflect.TypeFor[syntax.Any]() {
				values.Type = kinds{"string", "number", "boolean", "array", "object"} // a key of a mapping has a value
			}
			return &schema{Type: kinds{"object"}, AdditionalProperties: values}
		}
		return d.mapping(t)
	}
	panic("catalog: no schema for a " + t.String()) // a mistake in the struct, found by the first test
}

// mapping is the schema of a struct: a mapping of its keys, or its short form.
func (d descriptions) mapping(t reflect.Type) *schema {
	s := &schema{Type: kinds{"object"}, Properties: map[string]*schema{}, AdditionalProperties: false}
	var short *schema
	for _, f := range syntax.Fields(t) {
		property := func() *schema {
			p := d.value(f.Type, f)
			p.narrow(f.Owner.Name(), f.Name)
			return p
		}
		p := property()
		switch f.Owner.Name() + "." + f.Name {
		case "platformInput.clusters":
			p.AdditionalProperties = partial(d.mapping(reflect.TypeFor[clusterInput]()))
		case "entryInput.perCluster":
			p.AdditionalProperties = d.override()
		}
		p.Description = d.hover(t, f)
		if f.Required {
			s.Required = append(s.Required, f.Name)
		}
		if f.Short {
			short = property()
		}
		s.Properties[f.Name] = p
	}
	if short != nil {
		return &schema{AnyOf: []*schema{short, s}}
	}
	return s
}

// override is the schema of what differs in an entry on a cluster.
func (d descriptions) override() *schema {
	t := reflect.TypeFor[entryInput]()
	entry := &schema{Type: kinds{"object"}, Properties: map[string]*schema{}, AdditionalProperties: false}
	for _, f := range syntax.Fields(t) {
		if slices.Contains(placing, f.Name) {
			continue
		}
		p := d.value(f.Type, f)
		p.narrow(f.Owner.Name(), f.Name)
		if f.Name == "applications" {
			one := d.mapping(reflect.TypeFor[appInput]()).AnyOf[1]
			delete(one.Properties, "applicationCode")
			p = &schema{AnyOf: []*schema{p, {Type: kinds{"object"}, AdditionalProperties: one}}}
		}
		p.Description = d.hover(t, f)
		entry.Properties[f.Name] = p
	}
	return partial(entry)
}

// partial is the schema of a mapping that is laid over another: what is required may be in that one. What is in a list is all there is.
func partial(s *schema) *schema {
	s.Required = nil
	for _, p := range s.Properties {
		partial(p)
	}
	for _, p := range s.AnyOf {
		partial(p)
	}
	if below, isSchema := s.AdditionalProperties.(*schema); isSchema {
		partial(below)
	}
	return s
}

// Patterns that accept at least the texts that the checks of checks.go and flows.go accept. A number as a port is not
// bounded: 1e9 without quotes is the name of a port.
const (
	labelShape       = `^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$`
	hostShape        = `^[a-z0-9]([-.a-z0-9]*[a-z0-9])?$`
	hostPatternShape = `^[*a-z0-9]([-.*a-z0-9]*[*a-z0-9])?$`
	cidrShape        = `^[0-9a-fA-F:.]+/[0-9]{1,3}$`
	portShape        = `^([-a-z0-9]{1,15}|[0-9]{1,5}-[+]?[0-9]+)(/(TCP|UDP|SCTP|ANY))?$`
	servicePortShape = `^[-a-z0-9]{1,15}$`
)

// narrow adds what Load requires of the value besides its shape, as far as a schema can say it.
func (s *schema) narrow(typeName, key string) {
	switch typeName + "." + key {
	case "entryInput.namespace", "peerInput.namespace", "scrapesInput.namespace", "appInput.applicationCode", "useInput.application", "argocdInput.namespace",
		"argocdInput.root", "impersonationInput.serviceAccount", "middlewareInput.namespace", "podsSettings.namespace", "vaultUserInput.namespace":
		s.Pattern = labelShape
	case "appInput.dependsOn", "secretsConfigInput.dependsOn", "projectInput.destinations":
		s.Items.Pattern = labelShape
	case "clusterSettings.domain", "backendTLSInput.hostname", "redirectInput.host", "rewriteInput.host":
		s.Pattern = hostShape
	case "ingressInput.host":
		s.Pattern = hostPatternShape
	case "ingressInput.hosts":
		s.Items.Pattern = hostPatternShape
	case "peerInput.cidr":
		s.Pattern = cidrShape
	case "peerInput.except", "apiServerInput.outside":
		s.Items.Pattern = cidrShape
	case "ingressConfigInput.identityHeaders":
		s.Items.Pattern = headerShape
	case "peerInput.ports", "scrapesInput.ports":
		s.Items.Pattern = portShape
	case "ingressInput.port", "backendInput.port":
		s.Pattern = servicePortShape
	case "ingressInput.priority":
		s.Minimum = 1
	case "backendInput.weight":
		s.Maximum = maxWeight
	case "apiServerInput.port", "dnsInput.port", "redirectInput.port":
		s.Minimum, s.Maximum = 1, 65535
	case "appInput.values", "partInput.values", "generatorInput.spec":
		s.Type = kinds{"object"}
	case "pluginInput.parameters":
		s.AdditionalProperties = &schema{Type: kinds{"string", "array", "object"}}
	case "patchInput.patch":
		s.Type = kinds{"object", "array", "string"}
	case "appInput.catalog":
		for _, name := range apps.Names() {
			s.permit(name, plainText(apps.Find(name).Summary()))
		}
	case "networkPoliciesInput.profile":
		known := &schema{Type: s.Type}
		for _, p := range BuiltinProfiles() {
			known.permit(p.Name, plainText(p.Description))
		}
		*s = schema{AnyOf: []*schema{known, {Type: s.Type}}} // profiles of the user's have any name
	}
}

// permit adds a permitted value, and what it means.
func (s *schema) permit(value, means string) {
	s.Enum = append(s.Enum, value)
	if means != "" || s.EnumDescriptions != nil {
		s.EnumDescriptions = append(s.EnumDescriptions, means)
	}
}

// BuiltinProfiles are what a namespace may choose without profiles of the user's, by name: the built-in profiles, and open.
func BuiltinProfiles() []*profiles.Profile {
	var ignored diag.List
	set, err := profiles.Load(embed.FS{}, ProfilesDir, ProfilesDir, profiles.Names{}, &ignored)
	if err != nil {
		panic("catalog: " + err.Error()) // they are a part of the program
	}
	set[open] = &profiles.Profile{Name: open, Description: openMeans}
	out := make([]*profiles.Profile, 0, len(set))
	for _, name := range set.Names() {
		out = append(out, set[name])
	}
	return out
}
