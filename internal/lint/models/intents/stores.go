package intents

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/images"
	"github.com/hippotion/roster/internal/lint/models/deployed"
	"github.com/hippotion/roster/internal/lint/models/network"
)

// store is a store of External Secrets that is read from servers that are known.
type store struct {
	title, namespace string
	servers          []string
	kubernetes       bool // whether it is a Vault that asks the API server who logs in
	at               catalog.Place
}

// Stores are the ways from External Secrets to the servers of its stores, and from a Vault to the API server, which it asks about each login.
func (in *Model) Stores() []Intent {
	readers := in.readers()
	var out []Intent
	asked := map[*network.End]bool{}
	for _, s := range in.stores() {
		for _, server := range s.servers {
			out = append(out, in.server(&s, server, readers, asked)...)
		}
	}
	return out
}

// server are the ways to one server of a store, and from it if it is a Vault. Those that have one to the API server are noted.
func (in *Model) server(s *store, address string, readers []*network.End, asked map[*network.End]bool) []Intent {
	u, err := url.Parse(address)
	if err != nil {
		return nil
	}
	i := Intent{From: readers, Protocol: "TCP", Asks: s.title, At: s.at}
	l, inside := in.service(u.Hostname(), s.namespace)
	if !inside {
		return in.away(i, u)
	}
	l.Port = portOf(u)
	targets := in.behind(l)
	var out []Intent
	if len(readers) > 0 {
		out = i.to(targets)
	}
	for _, t := range targets {
		for _, vault := range t.ends {
			if !s.kubernetes || asked[vault] || vault.Node {
				continue
			}
			asked[vault] = true
			if i, ok := in.callsAPIServer(vault, "the Kubernetes login of "+s.title, s.at, ""); ok {
				i.From, i.Every = t.ends, !t.any
				out = append(out, i)
			}
			if t.any { // one for all that it may be
				break
			}
		}
	}
	return out
}

// callsAPIServer is the way from pods to the API server. It is not known which one that is when they are permitted one on another port.
func (in *Model) callsAPIServer(from *network.End, asks string, at catalog.Place, own string) (Intent, bool) {
	sure, perhaps, err := in.network.Permitted(from, in.apiServers(from.Namespace)[0])
	if err != nil || len(sure.Or(perhaps)["TCP"]) > 0 {
		return Intent{}, false
	}
	port := in.deployed.Platform.Names.APIServerPort
	return Intent{From: []*network.End{from}, To: in.apiServers(from.Namespace), Any: true, Protocol: "TCP", Port: uint16(port), Asks: asks, At: at,
		Permit: []Flow{{To: true, Own: own, Peer: "entity: kube-apiserver", Ports: []string{fmt.Sprint(port)}}}}, true
}

func (in *Model) stores() []store {
	var out []store
	for _, s := range in.deployed.Platform.AllStores() {
		title := "the store " + s.Name + " of platform.yml"
		if s.Namespace != "" {
			title = "the SecretStore " + s.Namespace + "/" + s.Name
		}
		if urls := servers(s.Provider, s.Block); len(urls) > 0 {
			out = append(out, store{title, s.Namespace, urls, s.Vault("auth", "kubernetes", "role") != "", catalog.Place{}})
		}
	}
	for _, o := range in.deployed.Kind("SecretStore", "ClusterSecretStore") {
		providers, _ := deployed.FieldAt(o, "spec", "provider").(map[string]any)
		if len(providers) != 1 || !strings.HasPrefix(o.APIVersion, "external-secrets.io/") {
			continue
		}
		for name, v := range providers {
			block, _ := v.(map[string]any)
			if urls := servers(name, block); len(urls) > 0 {
				out = append(out, store{o.Title(), o.Namespace, urls, deployed.FieldAt(o, "spec", "provider", "vault", "auth", "kubernetes") != nil,
					in.places.Field(o, "spec", "provider", name, serverField(name))})
			}
		}
	}
	return out
}

// serverField is the field of a provider that says where it is.
func serverField(provider string) string {
	switch provider {
	case "onepassword":
		return "connectHost"
	case "bitwardensecretsmanager":
		return "bitwardenServerSDKURL"
	case "infisical":
		return "hostAPI"
	case "akeyless":
		return "akeylessGWApiURL"
	case "gitlab", "webhook":
		return "url"
	case "azurekv":
		return "vaultUrl"
	case "aws":
		return "region"
	}
	return "server"
}

// readers are the pods of External Secrets that read from stores: those of its image, or else those of where its chart or its name is.
func (in *Model) readers() []*network.End {
	const name = "external-secrets"
	var out, others []*network.End
	for _, n := range in.network.Namespaces() {
		for _, e := range n.Pods {
			if slices.ContainsFunc(e.Pods.Spec.Containers, func(c container) bool {
				return images.Name(c.Image) == name && !slices.ContainsFunc(slices.Concat(c.Command, c.Args), func(a string) bool { return a == "webhook" || a == "certcontroller" })
			}) {
				out = append(out, e)
			}
		}
		if n.Entry == nil || n.Others == nil {
			continue
		}
		for i := range n.Entry.Applications {
			if slices.ContainsFunc(n.Entry.Applications[i].Sources, func(s catalog.Source) bool {
				return s.Chart == name || strings.HasSuffix(s.RepoURL, "/"+name+"/charts/"+name)
			}) {
				others = append(others, n.Others)
			}
		}
	}
	if len(out)+len(others) > 0 {
		return append(out, others...)
	}
	for _, s := range in.deployed.Platform.AllStores() {
		for _, a := range s.Accounts {
			if strings.Contains(a.Namespace, name) {
				return []*network.End{in.anybody(a.Namespace)}
			}
		}
	}
	return nil
}

// anybody is the pods of a namespace of which none is known.
func (in *Model) anybody(namespace string) *network.End {
	key := namespace + "\x00…"
	if in.selected[key] == nil {
		in.selected[key] = []*network.End{in.network.PodsWith(namespace, nil)}
	}
	return in.selected[key][0]
}
