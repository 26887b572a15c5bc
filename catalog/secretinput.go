package catalog

import (
	"slices"

	"github.com/hippotion/roster/internal/syntax"
)

// The types of this file are applications.yml as well: what an application has of External Secrets.

// secretInput is one Secret that External Secrets creates from a store, or fills.
type secretInput struct {
	*syntax.Node    `example:"{name: whoami, data: {PASSWORD: web-whoami#password}}"`
	Name            text                        `yaml:"name,required" example:"whoami"`
	Target          text                        `yaml:"target" example:"whoami-env"` // the name of the Secret, where it is another one
	Store           *storeRefInput              `yaml:"store"`
	Data            syntax.Map[secretDataInput] `yaml:"data,hidden" example:"{PASSWORD: web-whoami#password}"`          // key in the Secret: where the store has its value
	DataFrom        []dataFromInput             `yaml:"dataFrom,hidden" example:"[web-whoami/postgres]"`                // each: where the properties are that all become keys, or extract, find or generator
	Template        syntax.Map[text]            `yaml:"template,hidden" example:"{URL: \"http://{{ .PASSWORD }}@db\"}"` // key in the Secret: text with the values of data and dataFrom
	TemplateFrom    []templateFromInput         `yaml:"templateFrom"`
	MergePolicy     text                        `yaml:"mergePolicy" enum:"Replace,Merge" example:"Merge"` // whether the keys of data stay beside those of template
	Type            text                        `yaml:"type" example:"kubernetes.io/basic-auth"`
	Labels          syntax.Map[text]            `yaml:"labels" example:"{team: house}"`                   // of the Secret; they are templates too
	Annotations     syntax.Map[text]            `yaml:"annotations" example:"{example.com/owner: house}"` // likewise
	Immutable       flag                        `yaml:"immutable"`
	CreationPolicy  text                        `yaml:"creationPolicy" enum:"Owner,Orphan,Merge,None" example:"Merge"`
	DeletionPolicy  text                        `yaml:"deletionPolicy" enum:"Retain,Delete,Merge" example:"Delete"`
	RefreshPolicy   text                        `yaml:"refreshPolicy" enum:"Periodic,CreatedOnce,OnChange" example:"CreatedOnce"`
	RefreshInterval text                        `yaml:"refreshInterval" example:"1h"`
}

// namesStore reports whether the Secret, or an element of it, is read from a store that it names.
func (in secretInput) namesStore() bool {
	return in.Store != nil ||
		slices.ContainsFunc(in.Data.Items, func(d syntax.Item[secretDataInput]) bool { return d.Value.Store != nil }) ||
		slices.ContainsFunc(in.DataFrom, func(f dataFromInput) bool { return f.Store != nil })
}

// secretDataInput is where a store has a value. The form of ref is that of the store's provider: see secretkeys.go.
type secretDataInput struct {
	*syntax.Node       `example:"web-whoami#password"`
	Ref                text           `yaml:"ref,short,hidden" example:"web-whoami#password"`
	Key                text           `yaml:"key,hidden" example:"web-whoami"` // in the place of ref: remoteRef as it is
	Property           text           `yaml:"property,hidden" example:"password"`
	Version            syntax.Text    `yaml:"version,hidden" example:"\"3\""`
	DecodingStrategy   text           `yaml:"decodingStrategy" enum:"Auto,Base64,Base64URL,None"`
	ConversionStrategy text           `yaml:"conversionStrategy" enum:"Default,Unicode"`
	MetadataPolicy     text           `yaml:"metadataPolicy" enum:"None,Fetch"`
	Store              *storeRefInput `yaml:"store"` // another one than that of the secret
}

// dataFromInput gives several keys at once. One of Extract, Find and Generator is set.
type dataFromInput struct {
	*syntax.Node `example:"web-whoami/postgres"`
	Extract      *extractInput     `yaml:"extract,short,hidden"`
	Find         *findInput        `yaml:"find"`
	Generator    *generatorInput   `yaml:"generator"`
	Rewrite      []keyRewriteInput `yaml:"rewrite"` // of the keys, one after the other
	Store        *storeRefInput    `yaml:"store"`
}

// extractInput is a path of a store whose properties all become keys.
type extractInput struct {
	*syntax.Node       `example:"web-whoami/postgres"`
	Key                text        `yaml:"key,short,required,hidden" example:"web-whoami/postgres"`
	Property           text        `yaml:"property,hidden" example:"login"` // that holds a mapping
	Version            syntax.Text `yaml:"version,hidden" example:"\"3\""`
	DecodingStrategy   text        `yaml:"decodingStrategy" enum:"Auto,Base64,Base64URL,None"`
	ConversionStrategy text        `yaml:"conversionStrategy" enum:"Default,Unicode"`
	MetadataPolicy     text        `yaml:"metadataPolicy" enum:"None,Fetch"`
}

// findInput finds what becomes keys by its name or its tags.
type findInput struct {
	*syntax.Node       `example:"'^web-'"`
	Name               text             `yaml:"name,short" example:"'^web-'"` // a regular expression
	Path               text             `yaml:"path" example:"web-whoami"`
	Tags               syntax.Map[text] `yaml:"tags" example:"{app: whoami}"`
	ConversionStrategy text             `yaml:"conversionStrategy" enum:"Default,Unicode"`
	DecodingStrategy   text             `yaml:"decodingStrategy" enum:"Auto,Base64,Base64URL,None"`
}

// generatorInput is an object of External Secrets that makes values. With Spec, or without Name, it is rendered.
type generatorInput struct {
	*syntax.Node `example:"Password"`
	Kind         text       `yaml:"kind,short,required" enum:"ACRAccessToken,ClusterGenerator,CloudsmithAccessToken,ECRAuthorizationToken,Fake,GCRAccessToken,GithubAccessToken,GitlabDeployToken,Grafana,MFA,Password,QuayAccessToken,SSHKey,STSSessionToken,UUID,VaultDynamicSecret,Webhook" example:"Password"`
	Name         text       `yaml:"name" example:"house-password"`
	Spec         syntax.Any `yaml:"spec" example:"{length: 32}"`
}

// keyRewriteInput changes the names of keys. Exactly one field is set.
type keyRewriteInput struct {
	*syntax.Node `example:"{regexp: {source: ^, target: DB_}}"`
	Regexp       *rewriteRegexpInput `yaml:"regexp"`
	Transform    text                `yaml:"transform" example:"'{{ .value | upper }}'"` // a template; .value is the name of the key
	Merge        *rewriteMergeInput  `yaml:"merge"`
}

type rewriteRegexpInput struct {
	*syntax.Node `example:"{source: ^, target: DB_}"`
	Source       text `yaml:"source,required" example:"^"`
	Target       text `yaml:"target,required" example:"DB_"`
}

// rewriteMergeInput makes keys of the mappings that values are.
type rewriteMergeInput struct {
	*syntax.Node   `example:"{strategy: JSON, into: all.json}"`
	Into           text   `yaml:"into" example:"all.json"` // the key, with the strategy JSON
	Strategy       text   `yaml:"strategy" enum:"Extract,JSON" example:"JSON"`
	ConflictPolicy text   `yaml:"conflictPolicy" enum:"Error,Ignore" example:"Ignore"`
	Priority       []text `yaml:"priority" example:"[web-whoami]"`
	PriorityPolicy text   `yaml:"priorityPolicy" enum:"Strict,IgnoreNotFound" example:"IgnoreNotFound"`
}

// templateFromInput is a template in a ConfigMap or a Secret of the namespace, or one that makes keys as well. One of ConfigMap, Secret and Literal is set.
type templateFromInput struct {
	*syntax.Node `example:"{configMap: whoami-templates, items: [config.yml]}"`
	ConfigMap    text                `yaml:"configMap" example:"whoami-templates"`
	Secret       text                `yaml:"secret" example:"whoami-templates"`
	Keys         []templateItemInput `yaml:"items"` // keys of it
	Literal      text                `yaml:"literal,hidden" example:"'{{ . | toYaml }}'"`
	Target       text                `yaml:"target" enum:"Data,Annotations,Labels" example:"Labels"`
}

type templateItemInput struct {
	*syntax.Node `example:"config.yml"`
	Key          text `yaml:"key,short,required" example:"config.yml"`
	TemplateAs   text `yaml:"templateAs" enum:"Values,KeysAndValues" example:"KeysAndValues"`
}

// pushSecretInput is a Secret of the namespace that External Secrets writes to a store.
type pushSecretInput struct {
	*syntax.Node    `example:"{name: whoami, data: {password: web-whoami#password}}"`
	Name            text             `yaml:"name,required" example:"whoami"`
	Secret          text             `yaml:"secret" example:"whoami"`                               // its name, where it is another one
	Data            syntax.Map[text] `yaml:"data,hidden" example:"{password: web-whoami#password}"` // key of the Secret: where the store gets its value
	Whole           text             `yaml:"whole,hidden" example:"web-whoami"`                     // the path that all keys are written to
	Template        syntax.Map[text] `yaml:"template,hidden" example:"{url: \"http://{{ .password }}@db\"}"`
	Stores          []storeRefInput  `yaml:"stores,one" example:"[vault]"`
	UpdatePolicy    text             `yaml:"updatePolicy" enum:"Replace,IfNotExists" example:"IfNotExists"`
	DeletionPolicy  text             `yaml:"deletionPolicy" enum:"None,Delete" example:"Delete"`
	RefreshInterval text             `yaml:"refreshInterval" example:"1h"`
}
