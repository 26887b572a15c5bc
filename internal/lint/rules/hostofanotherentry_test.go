package rules_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/hippotion/roster/internal/lint/rules"
)

// TestHostOfAnotherEntry: web-vault has the host vault, and web-b takes some of it.
func TestHostOfAnotherEntry(t *testing.T) {
	const platform = "domain: home.example\ningress:\n  expose: {lan: [websecure], public: [tunnel, websecure]}\n" +
		"  auth: {oauth: {name: oauth, namespace: sys-login}}\n"
	// list is the two entries, with what web-vault sets for its hosts, and web-b for its own.
	list := func(vault, b string) string {
		entry := func(name, items string) string {
			out := "- namespace: " + name + "\n  networkPolicies: web-app-internal\n  applications:\n    - applicationCode: " + name +
				"\n      path: " + name + "\n"
			if items != "" {
				out += "      ingress:\n        - " + strings.ReplaceAll(items, "\n", "\n        - ") + "\n"
			}
			return out
		}
		return "-- applications.yml --\n" + entry("web-vault", vault) + entry("web-b", b)
	}
	const owner = "{host: vault, service: vault, port: 80, auth: oauth}"
	route := func(folder, metadata, entryPoints string, rules ...string) string {
		out := "-- " + folder + "/route.yaml --\napiVersion: traefik.io/v1alpha1\nkind: IngressRoute\nmetadata: {name: x" + metadata + "}\nspec:\n  entryPoints: [" +
			entryPoints + "]\n  routes:\n"
		for _, r := range rules {
			out += "    - {kind: Rule, services: [{name: x, port: 80}], match: " + r + "}\n"
		}
		return out
	}
	const match = "Host(`vault.home.example`)"
	const inList = "applications.yml:14:11: web-b answers for vault.home.example"
	const inRoute = "web-b/route.yaml:7:53: web-b answers for vault.home.example"
	const belongs = ", which belongs to web-vault"
	cases := []networkCase{
		{name: "a path with a priority", folder: list(owner, "{host: vault, path: /v1, service: b, port: 80, auth: none, priority: 9999}"),
			want: []string{inList + "/v1, without a login" + belongs}},
		{name: "a longer rule", folder: list(owner, "{host: vault, path: /v1, service: b, port: 80, auth: app}"), want: []string{inList + "/v1" + belongs}},
		{name: "the whole name", folder: list(owner, "{host: vault.home.example, path: /v1, service: b, port: 80, auth: oauth}"), want: []string{inList + "/v1" + belongs}},
		{name: "at another entry point", folder: list(owner, "{host: vault, path: /v1, service: b, port: 80, expose: public, auth: oauth}"), want: []string{inList + "/v1" + belongs}},
		{name: "the owner shares it", folder: list("{host: vault, service: vault, port: 80, auth: oauth, sharedWith: [web-b]}",
			"{host: vault, path: /v1, service: b, port: 80, auth: none, priority: 9999}")},
		{name: "the taker cannot", folder: list(owner, "{host: vault, path: /v1, service: b, port: 80, auth: none, sharedWith: [web-b, web-vault]}"),
			want: []string{inList + "/v1, without a login" + belongs}},
		{name: "no request comes to it", folder: list("{host: vault, service: vault, port: 80, auth: oauth, priority: 9999}", "{host: vault, path: /v1, service: b, port: 80, auth: none}")},
		{name: "no request comes to it at one of two entry points", folder: list("{host: vault, service: vault, port: 80, auth: oauth, priority: 9999}",
			"{host: vault, path: /v1, service: b, port: 80, auth: none, expose: public}"), want: []string{inList + "/v1, without a login" + belongs}},
		{name: "another host", folder: list(owner, "{host: vaults, path: /v1, service: b, port: 80, auth: none, priority: 9999}")},
		{name: "one entry", folder: list(owner+"\n{host: vault, path: /v1, service: vault, port: 80, auth: none, priority: 9999}", "")},
		{name: "nobody has all of it", folder: list("{host: vault, path: /ui, service: vault, port: 80, auth: oauth}", "{host: vault, path: /v1, service: b, port: 80, auth: none}")},
		{name: "nobody has all of it, and one has more", folder: list("{host: vault, path: /v1, service: vault, port: 80, auth: oauth}",
			"{host: vault, path: /v1/sys, service: b, port: 80, auth: none}"), want: []string{inList + "/v1/sys, without a login" + belongs}},
		{name: "an IngressRoute", folder: list(owner, "") + route("web-b", "", "websecure", "'Host(`VAULT.home.example.`) && PathPrefix(`/v1`)', priority: 9999"),
			want: []string{inRoute + "/v1, without a login" + belongs}},
		{name: "all of it, with a priority", folder: list(owner, "") + route("web-b", "", "websecure", match+", priority: 9999"), want: []string{inRoute + ", without a login" + belongs}},
		{name: "all of it, at another entry point", folder: list(owner, "") + route("web-b", "", "tunnel", match), want: []string{inRoute + ", without a login" + belongs}},
		{name: "all of it, and either may win", folder: list(owner, "") + route("web-b", "", "websecure", match)},
		{name: "all of it, and the owner wins", folder: list(owner, "") + route("web-b", "", "websecure", match+", priority: 1")},
		{name: "with a condition", folder: list(owner, "") + route("web-b", "", "websecure", "'"+match+" && Method(`POST`)', middlewares: [{name: mw}]"), want: []string{inRoute + belongs}},
		{name: "one path", folder: list(owner, "") + route("web-b", "", "websecure", "'"+match+" && Path(`/login`)', middlewares: [{name: mw}]"), want: []string{inRoute + "/login" + belongs}},
		{name: "one path of one path", folder: list("", "") + route("web-vault", "", "websecure", "'"+match+" && Path(`/login`)'") +
			route("web-b", "", "tunnel", "'"+match+" && Path(`/login`)', middlewares: [{name: mw}]"),
			want: []string{"web-vault/route.yaml:7:53: web-vault answers for vault.home.example/login, without a login, which belongs to web-b"}},
		{name: "a pattern of hosts", folder: list(owner, "") + route("web-b", "", "websecure", "'HostRegexp(`^[a-z]+\\.home\\.example$`) && PathPrefix(`/v1`)', priority: 9999"),
			want: []string{inRoute + "/v1, without a login" + belongs}},
		{name: "a pattern for what is left over", folder: list(owner, "") + route("web-b", "", "websecure", "'HostRegexp(`.+`)', priority: 1")},
		{name: "a pattern at another entry point", folder: list(owner, "") + route("web-b", "", "other", "'HostRegexp(`.+`)', priority: 9999")},
		{name: "a pattern for other hosts", folder: list(owner, "") + route("web-b", "", "websecure", "'HostRegexp(`^.+\\.example\\.com$`)', priority: 9999")},
		{name: "a pattern for more than the owner has", folder: list("{host: vault, path: /v1, service: vault, port: 80, auth: oauth}", "") +
			route("web-b", "", "websecure", "'HostRegexp(`.+`)', priority: 9999"), want: []string{inRoute + ", without a login" + belongs}},
		{name: "a pattern in upper case, which matches nothing", folder: list(owner, "") + route("web-b", "", "websecure", "'HostRegexp(`^VAULT\\.home\\.example$`)', priority: 9999")},
		{name: "no host", folder: list(owner, "") + route("web-b", "", "websecure", "'PathPrefix(`/v1`)', priority: 9999"), want: []string{inRoute + "/v1, without a login" + belongs}},
		{name: "no host, and the owner wins", folder: list(owner, "") + route("web-b", "", "websecure", "'PathPrefix(`/v1`)'")},
		{name: "no host, and another condition", folder: list(owner, "") + route("web-b", "", "websecure", "'Method(`GET`)', priority: 9999"), want: []string{inRoute + ", without a login" + belongs}},
		{name: "all hosts but one", folder: list(owner, "") + route("web-b", "", "websecure", "'!Host(`x.home.example`)', priority: 9999"), want: []string{inRoute + ", without a login" + belongs}},
		{name: "all hosts but the owner's", folder: list(owner, "") + route("web-b", "", "websecure", "'!Host(`VAULT.home.example.`)', priority: 9999")},
		{name: "a pattern, but not the owner's", folder: list(owner, "") + route("web-b", "", "websecure", "'HostRegexp(`.+`) && !HostRegexp(`^vault`)', priority: 9999")},
		{name: "after many patterns", folder: list(owner, "") + route("web-b", "", "websecure", slices.Repeat([]string{"'HostRegexp(`^x$`)'"}, 100)...) +
			strings.TrimPrefix(route("", "", "", "'HostRegexp(`.+`)', priority: 9999"), route("", "", "")),
			want: []string{"web-b/route.yaml:107:53: web-b answers for vault.home.example, without a login" + belongs}},
		{name: "too many hosts to read", folder: list(owner, "") + route("web-b", "", "websecure", "'"+strings.Repeat("Host(`x`) || ", 1100)+match+"'"),
			want: []string{"web-b/route.yaml:7:53: the rule has more than 1024 alternatives: whether it answers for hosts of other entries is unknown"}},
		{name: "a rule too long to read", folder: list(owner, "") + route("web-b", "", "websecure", "'Host(`"+strings.Repeat("x", 16<<10)+"`) || "+match+"'"),
			want: []string{"web-b/route.yaml:7:53: the rule is longer than 16,384 characters: whether it answers for hosts of other entries is unknown"}},
		{name: "a star", folder: list(owner, "") + route("web-b", "", "websecure", "'Host(`*.home.example`) && PathPrefix(`/v1`)', priority: 9999"),
			want: []string{inRoute + "/v1, without a login" + belongs}},
		{name: "the host of an IngressRoute", folder: list("", "{host: vault, path: /v1, service: b, port: 80, auth: none}") + route("web-vault", "", "websecure", match),
			want: []string{"applications.yml:12:11: web-b answers for vault.home.example/v1, without a login" + belongs}},
		{name: "which shares it", folder: list("", "{host: vault, path: /v1, service: b, port: 80, auth: none}") +
			route("web-vault", ", annotations: {roster.hippotion.github.io/shared-with: 'web-c, web-b'}", "websecure", match)},
	}
	for i := range cases {
		cases[i].platform = platform
		for _, folder := range []string{"web-vault", "web-b"} { // both deploy something
			cases[i].folder += "-- " + folder + "/map.yaml --\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n"
		}
	}
	testNetwork(t, "host-of-another-entry", cases)

	login := strings.ReplaceAll(list(owner, "{host: vault, path: /oauth2, service: b, port: 80, auth: none}"), "web-b", "sys-login")
	testNetwork(t, "host-of-another-entry", []networkCase{{name: "who brings the login", platform: platform, folder: login +
		"-- web-vault/map.yaml --\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n-- sys-login/map.yaml --\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n"}})
}

// TestHostOfAnotherEntryHint: the hint is what the owner has to write.
func TestHostOfAnotherEntryHint(t *testing.T) {
	var hints []string
	for _, r := range rules.All() {
		if r.Name == "host-of-another-entry" {
			for _, f := range run(t, r.Bad, false).Findings {
				if f.Code != r.Name {
					continue
				}
				hints = append(hints, f.Hint)
			}
		}
	}
	if want := "[choose another host; or add sharedWith: [web-docs] to the host vault.home.example of web-vault]"; fmt.Sprint(hints) != want {
		t.Error(hints)
	}
}
