package rules_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hippotion/roster/internal/lint"
)

// drops are the rules about what Traefik drops.
var drops = strings.Fields("broken-middleware broken-service broken-tls-option cross-namespace-middleware ignored-route missing-middleware missing-secret missing-service")

// dropCase is what one namespace deploys beside the Service photos, with values of Traefik's chart, or without a Traefik; and what is found.
type dropCase struct {
	name, values, objects string
	want                  []string // RULE: MESSAGE
}

const (
	chartDefaults = "{}"
	theService    = "apiVersion: v1\nkind: Service\nmetadata: {name: photos}\nspec: {selector: {app: photos}, ports: [{name: http, port: 80, targetPort: 8080}]}\n"
)

func object(kind, name, spec string) string {
	return "---\napiVersion: traefik.io/v1alpha1\nkind: " + kind + "\nmetadata: {name: " + name + "}\nspec: {" + spec + "}\n"
}

// rule is an IngressRoute with one rule.
func rule(fields string) string {
	return object("IngressRoute", "r", "entryPoints: [websecure], routes: [{kind: Rule, match: 'Host(`a.home.example`)', "+fields+"}]")
}

// through is a rule that goes through a Middleware.
func through(spec string) string {
	return object("Middleware", "m", spec) + rule("middlewares: [{name: m}], services: [{name: photos, port: 80}]")
}

// to is a rule that leads to something.
func to(services ...string) string {
	return rule("services: [{" + strings.Join(services, "}, {") + "}]")
}

const ok = "name: photos, port: 80"

func aService(name, spec string) string {
	return "---\napiVersion: v1\nkind: Service\nmetadata: {name: " + name + "}\nspec: {ports: [{name: http, port: 80}], " + spec + "}\n"
}

func folderOf(c *dropCase) string {
	traefik := ""
	if c.values != "" {
		traefik = "- namespace: traefik\n  networkPolicies: ingress-controller\n  applications:\n    - applicationCode: traefik\n      chart: traefik\n" +
			"      repoURL: https://traefik.github.io/charts\n      version: 41.3.0\n      values: " + c.values + "\n"
	}
	more := ""
	if strings.Contains(c.objects, "-- other/") {
		more = here("other")
	}
	return exposurePlatform + "-- applications.yml --\n" + traefik + here("web", ", secrets: [{name: users, data: {users: web#users}}, {name: pair, type: kubernetes.io/basic-auth, data: {username: web#u, password: web#p}}, {name: two, data: {a: web#a, b: web#b}}]") +
		more + "-- web/a.yaml --\n" + theService + c.objects
}

func provider(setting string) string { return "{providers: {kubernetesCRD: {" + setting + "}}}" }

var dropCases = slices.Concat(middlewareCases, referenceCases, serviceCases, tlsCases, treeCases)

// m is a finding about the Middleware m, with which Traefik drops the rule.
func m(problem string) []string {
	return []string{"broken-middleware: Middleware m " + problem + ": Traefik drops the rules that go through it"}
}

var middlewareCases = []dropCase{
	{name: "without a kind", objects: object("Middleware", "m", "") + rule("middlewares: [{name: m}], services: [{"+ok+"}]"), want: m("is of no kind that Traefik knows")},
	{name: "of a kind without a value", objects: through("headers: null"), want: m("is of no kind that Traefik knows")},
	{name: "of a kind in small letters", objects: through("forwardauth: {address: 'http://a'}"), want: m("is of no kind that Traefik knows")},
	{name: "of two kinds", objects: through("headers: {frameDeny: true}, compress: {}"), want: m("is of more than one kind, compress and headers")},
	{name: "nobody goes through it", objects: object("Middleware", "unused", "headers: {}") + to(ok)},

	{name: "addPrefix", objects: through("addPrefix: {prefix: /a}")},
	{name: "addPrefix without one", objects: through("addPrefix: {}"), want: m("has no prefix")},
	{name: "buffering", objects: through("buffering: {retryExpression: 'IsNetworkError() && Attempts() < 2'}")},
	{name: "buffering with a wrong expression", objects: through("buffering: {retryExpression: 'Attempts() < 2.5'}"),
		want: m("has an expression that cannot be read: < compares something that is an integer with a fraction")},
	{name: "buffering below 0", objects: through("buffering: {maxRequestBodyBytes: -1}"), want: m("has a maxRequestBodyBytes below 0")},
	{name: "circuitBreaker", objects: through("circuitBreaker: {expression: 'LatencyAtQuantileMS(50.0) > 100 || ResponseCodeRatio(500, 600, 0, 600) > 0.25'}")},
	{name: "circuitBreaker without an expression", objects: through("circuitBreaker: {}"), want: m("has an expression that cannot be read: 1:1: expected operand, found 'EOF'")},
	{name: "circuitBreaker with an integer for a fraction", objects: through("circuitBreaker: {expression: 'NetworkErrorRatio() > 1'}"),
		want: m("has an expression that cannot be read: > compares something that is a fraction with an integer")},
	{name: "circuitBreaker with an argument that is an integer", objects: through("circuitBreaker: {expression: 'LatencyAtQuantileMS(50) > 100'}"),
		want: m("has an expression that cannot be read: argument 1 of LatencyAtQuantileMS has to be a fraction")},
	{name: "circuitBreaker with a word of another language", objects: through("circuitBreaker: {expression: 'NetworkErrorRatio() > 0.5 and true'}"),
		want: m("has an expression that cannot be read: 1:27: expected 'EOF', found and")},
	{name: "circuitBreaker with a negation", objects: through("circuitBreaker: {expression: '!(NetworkErrorRatio() > 0.5)'}"),
		want: m("has an expression that cannot be read: what is neither a call nor a value is not supported")},
	{name: "circuitBreaker with an unknown function", objects: through("circuitBreaker: {expression: 'ErrorRatio() > 0.5'}"),
		want: m("has an expression that cannot be read: there is no function ErrorRatio")},
	{name: "circuitBreaker with no condition", objects: through("circuitBreaker: {expression: 'NetworkErrorRatio()'}"),
		want: m("has an expression that cannot be read: something that is a fraction is no condition")},
	{name: "circuitBreaker for a while that is none", objects: through("circuitBreaker: {expression: 'NetworkErrorRatio() > 0.5', fallbackDuration: soon}"),
		want: m("has a fallbackDuration that is no duration, soon")},
	{name: "compress", objects: through("compress: {encodings: [br, gzip], defaultEncoding: br, excludedContentTypes: [text/event-stream]}")},
	{name: "compress without encodings", objects: through("compress: {encodings: []}"), want: m("has no encodings")},
	{name: "compress with an unknown encoding", objects: through("compress: {encodings: [brotli]}"), want: m("has the encoding brotli, which Traefik does not know")},
	{name: "compress with another default", objects: through("compress: {encodings: [gzip], defaultEncoding: br}"), want: m("has a defaultEncoding that is not among its encodings, br")},
	{name: "compress with both lists", objects: through("compress: {excludedContentTypes: [a/b], includedContentTypes: [a/c]}"),
		want: m("has both excludedContentTypes and includedContentTypes")},
	{name: "compress with a wrong type", objects: through("compress: {includedContentTypes: ['text html']}"), want: m(`has a content type that cannot be read, "text html"`)},
	{name: "those without anything to get wrong", objects: object("Middleware", "a", "contentType: {}") + object("Middleware", "b", "grpcWeb: {}") +
		object("Middleware", "c", "stripPrefix: {}") + object("Middleware", "d", "passTLSClientCert: {}") + object("Middleware", "e", "replacePath: {}") +
		object("Middleware", "f", "compress: {}") + object("Middleware", "g", "rateLimit: {}") + object("Middleware", "h", "encodedCharacters: {}") +
		object("Middleware", "i", "buffering: {}") + object("Middleware", "j", "chain: {}") + object("Middleware", "k", "redirectRegex: {}") +
		object("Middleware", "l", "replacePathRegex: {}") + object("Middleware", "m", "stripPrefixRegex: {}") +
		rule("middlewares: [{name: a}, {name: b}, {name: c}, {name: d}, {name: e}, {name: f}, {name: g}, {name: h}, {name: i}, {name: j}, {name: k}, {name: l}, {name: m}], services: [{"+ok+"}]")},
	{name: "errors", objects: through("errors: {status: ['404', 500-599], service: {name: photos, port: 80}, query: '/{status}'}")},
	{name: "errors without a service", objects: through("errors: {status: ['404']}"), want: []string{"missing-service: no application deploys Service  of namespace web: Traefik drops the rules that go through it"}},
	{name: "errors with a missing service", objects: through("errors: {status: ['404'], service: {name: pages, port: 80}}"),
		want: []string{"missing-service: no application deploys Service pages of namespace web: Traefik drops the rules that go through it"}},
	{name: "errors with a missing port", objects: through("errors: {status: ['404'], service: {name: photos, port: 8080}}"),
		want: []string{"missing-service: Service photos has no port 8080: Traefik drops the rules that go through it"}},
	{name: "errors with a status that is none", objects: through("errors: {status: ['404,500'], service: {name: photos, port: 80}}"), want: m(`has "404,500" as a status`)},
	{name: "errors with a rewrite of none", objects: through("errors: {status: ['404'], statusRewrites: {4xx: 404}, service: {name: photos, port: 80}}"),
		want: m(`has "4xx" among its statusRewrites, which is no status`)},
	{name: "forwardAuth", objects: through("forwardAuth: {address: 'http://photos.web.svc.cluster.local/check?a=b'}")},
	{name: "forwardAuth without an address", objects: through("forwardAuth: {trustForwardHeader: true}"), want: m("has no address")},
	{name: "forwardAuth with a wrong expression", objects: through("forwardAuth: {address: 'http://a', authResponseHeadersRegex: '^X-(Auth'}"),
		want: m("has a regular expression that cannot be read: error parsing regexp: missing closing ): `^X-(Auth`")},
	{name: "forwardAuth without a scheme", objects: through("forwardAuth: {address: 'photos.web:80'}"),
		want: []string{"broken-middleware: Middleware m has an address that is no URL: Traefik answers all requests through it with 500"}},
	{name: "forwardAuth of a missing Service", objects: through("forwardAuth: {address: 'http://proxy.web.svc'}"),
		want: []string{"missing-service: no application deploys Service proxy of namespace web: Traefik answers all requests through Middleware m with 500"}},
	{name: "headers", objects: through("headers: {stsSeconds: 0}")},
	{name: "headers without any", objects: through("headers: {}"), want: m("sets no header")},
	{name: "headers that are all off", objects: through("headers: {frameDeny: false, customRequestHeaders: {}, referrerPolicy: ''}"), want: m("sets no header")},
	{name: "headers with a wrong expression", objects: through("headers: {accessControlAllowOriginListRegex: ['*.example']}"),
		want: m("has a regular expression that cannot be read: error parsing regexp: missing argument to repetition operator: `*`")},
	{name: "inFlightReq", objects: through("inFlightReq: {amount: 1, sourceCriterion: {ipStrategy: {depth: 1}}}")},
	{name: "inFlightReq of none", objects: through("inFlightReq: {}"), want: []string{"broken-middleware: Middleware m has no amount: Traefik answers all requests through it with 429"}},
	{name: "inFlightReq by two", objects: through("inFlightReq: {amount: 1, sourceCriterion: {requestHost: true, requestHeaderName: A}}"),
		want: m("tells clients apart by requestHeaderName and by requestHost")},
	{name: "ipAllowList", objects: through("ipAllowList: {sourceRange: [192.168.0.1, 10.0.0.0/8, 'fd00::/8'], rejectStatusCode: 404, ipStrategy: {excludedIPs: [10.0.0.1]}}")},
	{name: "ipAllowList of none", objects: through("ipAllowList: {}"), want: m("has no sourceRange")},
	{name: "ipAllowList of an empty list", objects: through("ipAllowList: {sourceRange: []}"), want: m("has no sourceRange")},
	{name: "ipAllowList with a wrong range", objects: through("ipAllowList: {sourceRange: [10.0.0.0/33]}"), want: m(`has "10.0.0.0/33", which is no address and no CIDR`)},
	{name: "ipAllowList with a name", objects: through("ipAllowList: {sourceRange: [home.example]}"), want: m(`has "home.example", which is no address and no CIDR`)},
	{name: "ipAllowList with a wrong exclusion", objects: through("ipAllowList: {sourceRange: [10.0.0.0/8], ipStrategy: {excludedIPs: [10.0.0]}}"),
		want: m(`has "10.0.0", which is no address and no CIDR`)},
	{name: "ipAllowList with an exclusion that a depth leaves unread", objects: through("ipAllowList: {sourceRange: [10.0.0.0/8], ipStrategy: {depth: 1, excludedIPs: [10.0.0]}}")},
	{name: "ipAllowList with a wrong subnet", objects: through("ipAllowList: {sourceRange: [10.0.0.0/8], ipStrategy: {ipv6Subnet: 129}}"),
		want: m("has an ipv6Subnet that is not between 1 and 128, 129")},
	{name: "ipAllowList with a status that is none", objects: through("ipAllowList: {sourceRange: [10.0.0.0/8], rejectStatusCode: 499}"), want: m("has a rejectStatusCode that is none, 499")},
	{name: "ipWhiteList of none", objects: through("ipWhiteList: {}"), want: m("has no sourceRange")},
	{name: "rateLimit", objects: through("rateLimit: {average: 10, period: 1m}")},
	{name: "rateLimit with a negative period", objects: through("rateLimit: {average: 10, period: -1s}"), want: m("has a period below 0")},
	{name: "rateLimit with no period", objects: through("rateLimit: {average: 10, period: minute}"), want: m("has a period that is no duration, minute")},
	{name: "rateLimit by two", objects: through("rateLimit: {average: 10, sourceCriterion: {ipStrategy: {}, requestHost: true}}"),
		want: m("tells clients apart by ipStrategy and by requestHost")},
	{name: "redirectRegex", objects: through("redirectRegex: {regex: '^http://(.*)', replacement: 'https://$1'}")},
	{name: "redirectRegex with a wrong expression", objects: through("redirectRegex: {regex: '^http://(.*', replacement: 'https://$1'}"),
		want: m("has a regular expression that cannot be read: error parsing regexp: missing closing ): `^http://(.*`")},
	{name: "redirectScheme", objects: through("redirectScheme: {scheme: https}")},
	{name: "redirectScheme without one", objects: through("redirectScheme: {permanent: true}"), want: m("has no scheme")},
	{name: "replacePathRegex with a wrong expression", objects: through("replacePathRegex: {regex: '(?<!a)b', replacement: /}"),
		want: m("has a regular expression that cannot be read: error parsing regexp: invalid named capture: `(?<!a)b`")},
	{name: "retry", objects: through("retry: {attempts: 2, initialInterval: 100ms}")},
	{name: "retry without attempts", objects: through("retry: {initialInterval: 100ms}"), want: m("has no attempts")},
	{name: "retry after nothing", objects: through("retry: {attempts: 2, disableRetryOnNetworkError: true}"), want: m("retries neither after a network error nor after a status")},
	{name: "stripPrefixRegex with a wrong expression", objects: through("stripPrefixRegex: {regex: [/a, '/[b']}"),
		want: m("has a regular expression that cannot be read: error parsing regexp: missing closing ]: `[b`")},
	{name: "a plugin that is loaded", values: "{experimental: {plugins: {geoBlock: {moduleName: a, version: v1}}}}", objects: through("plugin: {geoblock: {a: b}}")},
	{name: "a plugin that is not loaded", values: chartDefaults, objects: through("plugin: {geoblock: {a: b}}"), want: m("is of the plugin geoblock, which Traefik does not load")},
	{name: "a plugin, and no Traefik to see", objects: through("plugin: {geoblock: {a: b}}")},
	{name: "two plugins", objects: through("plugin: {a: {}, b: {}}"), want: m("is not of exactly one plugin")},
	{name: "a plugin with a malformed Secret", objects: through("plugin: {a: {token: 'urn:k8s:secret:users'}}"), want: m("has urn:k8s:secret:users")},

	{name: "a chain", objects: object("Middleware", "a", "headers: {frameDeny: true}") + through("chain: {middlewares: [{name: a}, {name: a}]}")},
	{name: "a chain of a broken one", objects: object("Middleware", "a", "headers: {}") + through("chain: {middlewares: [{name: a}]}"),
		want: []string{"broken-middleware: Middleware a sets no header: Traefik drops the rules that go through it"}},
	{name: "a chain that leads to itself", objects: through("chain: {middlewares: [{name: m}]}"),
		want: []string{"broken-middleware: Middleware m leads back to itself: Traefik drops the rules that go through this chain"}},
	{name: "a circle", objects: object("Middleware", "a", "chain: {middlewares: [{name: b}]}") + object("Middleware", "b", "chain: {middlewares: [{name: a}]}") +
		through("chain: {middlewares: [{name: a}]}"),
		want: []string{"broken-middleware: Middleware b leads back to itself: Traefik drops the rules that go through this chain"}},
	{name: "a circle through a Service", objects: through("errors: {status: ['404'], service: {name: photos, port: 80, middlewares: [{name: m}]}}"),
		want: []string{"broken-middleware: Middleware m leads back to itself: Traefik drops the rules that go through it"}},

	{name: "basicAuth", objects: through("basicAuth: {secret: users}")},
	{name: "basicAuth of a pair", objects: through("basicAuth: {secret: pair}")},
	{name: "digestAuth of a pair", objects: through("digestAuth: {secret: pair}"), want: m("needs a Secret with one key, and pair has password, username")},
	{name: "basicAuth of two keys", objects: through("basicAuth: {secret: two}"), want: m("needs a Secret with one key, and two has a, b")},
	{name: "basicAuth of two keys that are written", objects: through("basicAuth: {secret: s}") + "---\napiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {a: b, c: d}\n",
		want: m("needs a Secret with one key, and s has a, c")},
	{name: "basicAuth of a pair that is written", objects: through("basicAuth: {secret: s}") +
		"---\napiVersion: v1\nkind: Secret\nmetadata: {name: s}\ntype: kubernetes.io/basic-auth\nstringData: {username: b, password: d}\n"},
	{name: "basicAuth without a Secret", objects: through("basicAuth: {realm: a}"), want: m("has no secret")},
	{name: "basicAuth with a missing Secret", objects: through("basicAuth: {secret: none}"),
		want: []string{"missing-secret: Middleware m needs the Secret none, which nothing creates: Traefik drops the rules that go through it"}},
	{name: "digestAuth with a missing Secret", objects: through("digestAuth: {secret: none}"),
		want: []string{"missing-secret: Middleware m needs the Secret none, which nothing creates: Traefik drops the rules that go through it"}},
	{name: "forwardAuth with a missing CA", objects: through("forwardAuth: {address: 'https://a', tls: {caSecret: none}}"),
		want: []string{"missing-secret: Middleware m needs the Secret none, which nothing creates: Traefik drops the rules that go through it"}},
	{name: "forwardAuth with the only key as its CA", objects: through("forwardAuth: {address: 'https://a', tls: {caSecret: users}}")},
	{name: "forwardAuth without a CA among the keys", objects: through("forwardAuth: {address: 'https://a', tls: {caSecret: two}}"),
		want: []string{"missing-secret: Middleware m needs the key ca.crt of the Secret two, which has a, b: Traefik drops the rules that go through it"}},
	{name: "forwardAuth with a certificate that is none", objects: through("forwardAuth: {address: 'https://a', tls: {certSecret: users}}"),
		want: []string{"missing-secret: Middleware m needs the key tls.crt of the Secret users, which has users: Traefik drops the rules that go through it"}},
	{name: "rateLimit with a missing Secret", objects: through("rateLimit: {average: 1, redis: {secret: none}}"),
		want: []string{"missing-secret: Middleware m needs the Secret none, which nothing creates: Traefik drops the rules that go through it"}},
	{name: "rateLimit without the password", objects: through("rateLimit: {average: 1, redis: {secret: users}}"),
		want: []string{"missing-secret: Middleware m needs the key username of the Secret users, which has users: Traefik drops the rules that go through it"}},
	{name: "a plugin with a missing Secret", objects: through("plugin: {a: {list: [{token: 'urn:k8s:secret:none:a'}]}}"),
		want: []string{"missing-secret: Middleware m needs the Secret none, which nothing creates: Traefik drops the rules that go through it"}},
	{name: "a plugin with a missing key", objects: through("plugin: {a: {token: 'urn:k8s:secret:users:a'}}"),
		want: []string{"missing-secret: Middleware m needs the key a of the Secret users, which has users: Traefik drops the rules that go through it"}},
	{name: "a Secret that an operator makes", objects: through("basicAuth: {secret: db-users}") + "---\napiVersion: postgresql.cnpg.io/v1\nkind: Cluster\nmetadata: {name: db}\nspec: {instances: 1}\n"},
	{name: "a Secret that is sealed", objects: through("basicAuth: {secret: s}") + "---\napiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata: {name: s}\nspec: {encryptedData: {a: b}}\n"},
}

func cross(what string) []string { return []string{"cross-namespace-middleware: " + what} }

var referenceCases = []dropCase{
	{name: "through one that is missing", objects: rule("middlewares: [{name: none}], services: [{" + ok + "}]"),
		want: []string{"missing-middleware: no application deploys Middleware none of namespace web: Traefik drops the rule"}},
	{name: "through one without a name", objects: rule("middlewares: [{name: ''}], services: [{" + ok + "}]"),
		want: []string{"missing-middleware: no application deploys Middleware  of namespace web: Traefik drops the rule"}},
	{name: "a name with a dot is the same as with a dash", objects: object("Middleware", "m.v2", "headers: {frameDeny: true}") + rule("middlewares: [{name: m-v2}], services: [{"+ok+"}]")},
	{name: "unless names are safe", values: provider("safeNaming: true"), objects: object("Middleware", "m.v2", "headers: {frameDeny: true}") + rule("middlewares: [{name: m-v2}], services: [{"+ok+"}]"),
		want: []string{"missing-middleware: no application deploys Middleware m-v2 of namespace web: Traefik drops the rule"}},
	{name: "the whole name", values: provider("allowCrossNamespace: true"), objects: object("Middleware", "m", "headers: {frameDeny: true}") + rule("middlewares: [{name: web-m@kubernetescrd}], services: [{"+ok+"}]")},
	{name: "the whole name of none", values: provider("allowCrossNamespace: true"), objects: rule("middlewares: [{name: web-m@kubernetescrd}], services: [{" + ok + "}]"),
		want: []string{"missing-middleware: no application deploys a Middleware that Traefik calls web-m@kubernetescrd: Traefik drops the rule"}},
	{name: "the whole name in a namespace that is unknown", values: provider("allowCrossNamespace: true"), objects: rule("middlewares: [{name: far-m@kubernetescrd}], services: [{" + ok + "}]")},
	{name: "the whole name, not allowed", values: chartDefaults, objects: object("Middleware", "m", "headers: {frameDeny: true}") + rule("middlewares: [{name: web-m@kubernetescrd}], services: [{"+ok+"}]"),
		want: cross("Middleware web-m@kubernetescrd may be in any namespace, which Traefik does not allow: it drops the rule")},
	{name: "the whole name in a chain", values: chartDefaults, objects: through("chain: {middlewares: [{name: far-m@kubernetescrd}]}"),
		want: cross("Middleware far-m@kubernetescrd may be in any namespace, which Traefik does not allow: it drops the rules that go through this chain")},
	{name: "another namespace in a chain", values: chartDefaults, objects: through("chain: {middlewares: [{name: m, namespace: far}]}"),
		want: cross("Middleware m is in namespace far, which Traefik does not allow: it drops the rules that go through this chain")},
	{name: "another namespace in an error page", values: chartDefaults, objects: through("errors: {status: ['404'], service: {name: photos, namespace: far, port: 80}}"),
		want: cross("Service photos is in namespace far, which Traefik does not allow: it drops the rules that go through it")},
	{name: "another namespace in a TraefikService", values: chartDefaults, objects: object("TraefikService", "t", "weighted: {services: [{name: photos, namespace: far, port: 80}]}") + to("name: t, kind: TraefikService"),
		want: cross("Service photos is in namespace far, which Traefik does not allow: it drops the rules that lead to it")},
	{name: "a TraefikService of another namespace", values: chartDefaults, objects: to("name: t, namespace: far, kind: TraefikService"),
		want: cross("TraefikService t is in namespace far, which Traefik does not allow: it drops the rule")},
	{name: "a TraefikService by its whole name", values: chartDefaults, objects: to("name: far-t@kubernetescrd, kind: TraefikService"),
		want: cross("TraefikService far-t@kubernetescrd may be in any namespace, which Traefik does not allow: it drops the rule")},
	{name: "a ServersTransport by its whole name", values: chartDefaults, objects: to(ok + ", serversTransport: far-t@kubernetescrd"),
		want: cross("ServersTransport far-t@kubernetescrd may be in any namespace, which Traefik does not allow: it drops the rule")},
	{name: "a Middleware of another namespace at a Service", values: chartDefaults, objects: to(ok + ", middlewares: [{name: m, namespace: far}]"),
		want: cross("Middleware m is in namespace far, which Traefik does not allow: it drops the rule")},
	{name: "a TLSOption of another namespace", values: chartDefaults, objects: object("IngressRoute", "r", "entryPoints: [websecure], tls: {options: {name: o, namespace: far}}, routes: [{kind: Rule, match: 'Host(`a.home.example`)', services: [{"+ok+"}]}]"),
		want: cross("TLSOption o is in namespace far, which Traefik does not allow: it drops its rules")},
	{name: "all of it, and no Traefik to see", objects: through("chain: {middlewares: [{name: m, namespace: far}, {name: far-m@kubernetescrd}]}")},
	{name: "another provider", values: chartDefaults, objects: rule("middlewares: [{name: m@file}], services: [{" + ok + ", serversTransport: a@file}, {name: a@file, kind: TraefikService}]")},
	{name: "another provider, allowed here", values: provider("crossProviderNamespaces: [web]"), objects: rule("middlewares: [{name: m@file}], services: [{" + ok + "}]")},
	{name: "another provider, allowed elsewhere", values: provider("crossProviderNamespaces: [far, near]"), objects: rule("middlewares: [{name: m@file}], services: [{" + ok + "}]"),
		want: cross("Middleware m@file is of another provider, which Traefik does not allow in namespace web: it drops the rule")},
	{name: "a service of another provider, allowed by an argument elsewhere", values: "{additionalArguments: ['--providers.kubernetescrd.crossprovidernamespaces=far']}",
		objects: to("name: api@internal, kind: TraefikService"),
		want:    cross("TraefikService api@internal is of another provider, which Traefik does not allow in namespace web: it drops the rule")},
}

var serviceCases = []dropCase{
	{name: "a Service", objects: to(ok)},
	{name: "a missing Service among others", objects: to(ok, "name: none, port: 80"), want: []string{"missing-service: no application deploys Service none of namespace web: Traefik drops the rule"}},
	{name: "an unknown kind", objects: to("name: photos, kind: Deployment, port: 80"), want: []string{"broken-service: Traefik leads to no Deployment: Traefik drops the rule"}},
	{name: "an unknown strategy", objects: to(ok + ", strategy: random"), want: []string{"broken-service: Traefik has no strategy random: Traefik drops the rule"}},
	{name: "an unknown scheme", objects: to(ok + ", scheme: grpc"), want: []string{"broken-service: Traefik has no scheme grpc: Traefik drops the rule"}},
	{name: "known ones", objects: to(ok + ", scheme: h2c, strategy: p2c")},
	{name: "a missing interval", objects: to(ok + ", responseForwarding: {flushInterval: often}"), want: []string{"broken-service: often is no duration: Traefik drops the rule"}},
	{name: "a health check", objects: to(ok + ", healthCheck: {path: /}"),
		want: []string{"broken-service: Traefik checks the health of an ExternalName only, and Service photos is none: Traefik drops the rule"}},
	{name: "a health check of a TraefikService", objects: object("TraefikService", "t", "weighted: {services: [{"+ok+"}]}") + to("name: t, kind: TraefikService, healthCheck: {path: /}")},
	{name: "an ExternalName", values: chartDefaults, objects: aService("out", "type: ExternalName, externalName: a.example") + to("name: out, port: 80"),
		want: []string{"broken-service: Service out is an ExternalName, which Traefik does not allow: Traefik drops the rule"}},
	{name: "an ExternalName, allowed", values: provider("allowExternalNameServices: true"), objects: aService("out", "type: ExternalName, externalName: a.example") + to("name: out, port: 443, healthCheck: {path: /}")},
	{name: "an ExternalName, allowed by an argument", values: "{additionalArguments: ['--providers.kubernetescrd.allowExternalNameServices']}",
		objects: aService("out", "type: ExternalName, externalName: a.example") + to("name: out, port: 80")},
	{name: "an ExternalName, and no Traefik to see", objects: aService("out", "type: ExternalName, externalName: a.example") + to("name: out, port: 80")},
	{name: "nativeLB", objects: to(ok + ", nativeLB: true")},
	{name: "nativeLB without an address", objects: aService("none", "clusterIP: None, selector: {app: a}") + to("name: none, port: 80, nativeLB: true"),
		want: []string{"broken-service: Service none is headless, and has no address for nativeLB: Traefik drops the rule"}},
	{name: "without an address", values: chartDefaults, objects: aService("none", "clusterIP: None, selector: {app: a}") + to("name: none, port: 80")},
	{name: "without an address, and nativeLB for all", values: provider("nativeLBByDefault: true"), objects: aService("none", "clusterIP: None, selector: {app: a}") + to("name: none, port: 80"),
		want: []string{"broken-service: Service none is headless, and has no address for nativeLB: Traefik drops the rule"}},
	{name: "without an address, and nativeLB for all others", values: provider("nativeLBByDefault: true"), objects: aService("none", "clusterIP: None, selector: {app: a}") + to("name: none, port: 80, nativeLB: false")},
	{name: "a name with @", objects: to("name: api@internal, port: 80"),
		want: []string{"missing-service: Traefik looks for a Service with the name api@internal, and none can have it: Traefik drops the rule"}},
	{name: "no weight at all", objects: to(ok+", weight: 0", "name: photos, port: http, weight: 0"), want: []string{"broken-service: all weights are 0: Traefik answers with 503"}},

	{name: "a ServersTransport", objects: object("ServersTransport", "t", "insecureSkipVerify: true") + to(ok+", serversTransport: t")},
	{name: "a missing ServersTransport", objects: to(ok + ", serversTransport: t"), want: []string{"missing-service: no application deploys ServersTransport t of namespace web: Traefik drops the rule"}},
	{name: "a missing Middleware of a Service", objects: to(ok + ", middlewares: [{name: none}]"),
		want: []string{"missing-middleware: no application deploys Middleware none of namespace web: Traefik drops the rule"}},
	{name: "a broken Middleware of a Service", objects: object("Middleware", "m", "headers: {}") + to(ok+", middlewares: [{name: m}]"), want: m("sets no header")},
	{name: "a ServersTransport that is missing, or not", objects: to(ok+", serversTransport: t", "name: photos, port: 80")},

	{name: "a missing TraefikService", objects: to("name: t, kind: TraefikService"), want: []string{"missing-service: no application deploys TraefikService t of namespace web: Traefik drops the rule"}},
	{name: "a TraefikService of no kind", objects: object("TraefikService", "t", "") + to("name: t, kind: TraefikService"),
		want: []string{"broken-service: TraefikService t is of no kind: Traefik drops the rules that lead to it"}},
	{name: "a TraefikService with a missing Service", objects: object("TraefikService", "t", "weighted: {services: [{"+ok+"}, {name: none, port: 80}]}") + to("name: t, kind: TraefikService"),
		want: []string{"missing-service: no application deploys Service none of namespace web: Traefik drops the rules that lead to it"}},
	{name: "TraefikServices that lead to a missing one", objects: object("TraefikService", "t", "highestRandomWeight: {services: [{name: u, kind: TraefikService}]}") +
		object("TraefikService", "u", "weighted: {services: [{name: v, kind: TraefikService}]}") + to("name: t, kind: TraefikService"),
		want: []string{"missing-service: no application deploys TraefikService v of namespace web: Traefik drops the rules that lead to it"}},
	{name: "TraefikServices in a circle", objects: object("TraefikService", "t", "weighted: {services: [{name: u, kind: TraefikService}]}") +
		object("TraefikService", "u", "mirroring: {name: t, kind: TraefikService, mirrors: []}") + to("name: t, kind: TraefikService"),
		want: []string{"broken-service: TraefikService u leads back to itself: Traefik drops the rules that lead to it"}},
	{name: "a mirror", objects: object("TraefikService", "t", "mirroring: {name: photos, port: 80, mirrors: [{name: photos, port: http, percent: 10}]}") + to("name: t, kind: TraefikService")},
	{name: "a mirror of too much", objects: object("TraefikService", "t", "mirroring: {name: photos, port: 80, mirrors: [{name: photos, port: http, percent: 110}]}") + to("name: t, kind: TraefikService"),
		want: []string{"broken-service: 110 is no percentage: Traefik drops the rules that lead to it"}},
	{name: "a missing mirror", objects: object("TraefikService", "t", "mirroring: {name: photos, port: 80, mirrors: [{name: none, port: 80}]}") + to("name: t, kind: TraefikService"),
		want: []string{"missing-service: no application deploys Service none of namespace web: Traefik drops the rules that lead to it"}},
	{name: "a failover", objects: object("TraefikService", "t", "failover: {service: {name: photos, port: 80}, fallback: {name: photos, port: http}, errors: {status: [500-599]}}") + to("name: t, kind: TraefikService")},
	{name: "a failover that never changes over", objects: object("TraefikService", "t", "failover: {service: {name: photos, port: 80}, fallback: {name: photos, port: http}, errors: {}}") + to("name: t, kind: TraefikService"),
		want: []string{"broken-service: nothing says when to change over to the fallback: Traefik drops the rules that lead to it"}},
	{name: "a failover with a status that is none", objects: object("TraefikService", "t", "failover: {service: {name: photos, port: 80}, fallback: {name: photos, port: http}, errors: {status: [5xx]}}") + to("name: t, kind: TraefikService"),
		want: []string{`broken-service: "5xx" is no status: Traefik drops the rules that lead to it`}},
	{name: "a failover without the fallback", objects: object("TraefikService", "t", "failover: {service: {name: photos, port: 80}, fallback: {name: none, port: 80}, errors: {status: ['500']}}") + to("name: t, kind: TraefikService"),
		want: []string{"missing-service: no application deploys Service none of namespace web: Traefik drops the rules that lead to it"}},
}

// secured is a rule with TLS.
func secured(tls string) string {
	return object("IngressRoute", "r", "entryPoints: [websecure], tls: {"+tls+"}, routes: [{kind: Rule, match: 'Host(`a.home.example`)', services: [{"+ok+"}]}]")
}

var tlsCases = []dropCase{
	{name: "options", objects: object("TLSOption", "o", "minVersion: VersionTLS13, curvePreferences: [X25519, CurveP256]") + secured("options: {name: o}")},
	{name: "missing options", objects: secured("options: {name: o}"), want: []string{"broken-tls-option: no application deploys TLSOption o of namespace web: Traefik drops its rules"}},
	{name: "the default options by name", objects: object("TLSOption", "default", "minVersion: VersionTLS13") + secured("options: {name: default}"),
		want: []string{"broken-tls-option: a TLSOption with the name default is for all that name none, and is not found by its name: Traefik drops its rules"}},
	{name: "the default options", objects: object("TLSOption", "default", "minVersion: VersionTLS13") + secured("")},
	{name: "broken default options", objects: object("TLSOption", "default", "cipherSuites: [AES]") + secured(""),
		want: []string{"broken-tls-option: Traefik knows no cipher suite AES: Traefik drops the rules that have it"}},
	{name: "options with a dot", values: chartDefaults, objects: object("TLSOption", "o.v1", "minVersion: VersionTLS13") + secured("options: {name: o.v1}"),
		want: []string{"broken-tls-option: Traefik does not find a TLSOption with a dot in its name, such as o.v1: Traefik drops its rules"}},
	{name: "options with a dot, with safe names", values: provider("safeNaming: true"), objects: object("TLSOption", "o.v1", "minVersion: VersionTLS13") + secured("options: {name: o.v1}")},
	{name: "options with an unknown curve", objects: object("TLSOption", "o", "curvePreferences: [P256]") + secured("options: {name: o}"),
		want: []string{"broken-tls-option: Traefik knows no curve P256: Traefik drops the rules that have it"}},
	{name: "options with an unknown way", objects: object("TLSOption", "o", "clientAuth: {clientAuthType: Verify}") + secured("options: {name: o}"),
		want: []string{"broken-tls-option: Traefik knows no clientAuthType Verify: Traefik drops the rules that have it"}},
	{name: "options without a CA", objects: object("TLSOption", "o", "clientAuth: {clientAuthType: RequireAndVerifyClientCert}") + secured("options: {name: o}"),
		want: []string{"broken-tls-option: RequireAndVerifyClientCert needs the CA that signs the certificates of clients: Traefik drops the rules that have it"}},
	{name: "options with a missing CA", objects: object("TLSOption", "o", "clientAuth: {secretNames: [ca], clientAuthType: RequireAndVerifyClientCert}") + secured("options: {name: o}"),
		want: []string{"missing-secret: TLSOption o needs the Secret ca, which nothing creates: Traefik drops the rules that have it"}},
	{name: "options with a missing CA, and no way", objects: object("TLSOption", "o", "clientAuth: {secretNames: [ca]}") + secured("options: {name: o}"),
		want: []string{"missing-secret: TLSOption o needs the Secret ca, which nothing creates: Traefik checks no certificate of a client"}},
	{name: "options that only ask", objects: object("TLSOption", "o", "clientAuth: {clientAuthType: RequestClientCert}") + secured("options: {name: o}")},
	{name: "options of another provider", objects: secured("options: {name: o@file}")},
	{name: "a broken default for entry points with TLS", values: "{ports: {websecure: {http: {tls: {enabled: true}}}}}", objects: object("TLSOption", "default", "cipherSuites: [AES]") + to(ok),
		want: []string{"broken-tls-option: Traefik knows no cipher suite AES: Traefik drops the rules that have it"}},
	{name: "two defaults are none", objects: object("TLSOption", "default", "cipherSuites: [AES]") + secured("") + "-- other/a.yaml --\n" + strings.TrimPrefix(object("TLSOption", "default", "cipherSuites: [AES]"), "---\n")},
	{name: "other options for the host", objects: object("TLSOption", "o", "minVersion: VersionTLS13") + secured("options: {name: o}") +
		object("IngressRoute", "s", "entryPoints: [websecure], tls: {}, routes: [{kind: Rule, match: 'Host(`A.home.example`) && Path(`/x`)', services: [{"+ok+"}]}]"),
		want: []string{"broken-tls-option: IngressRoute s of web has other TLS options for a.home.example: Traefik applies the default ones instead, which ask no client for a certificate"}},
	{name: "other options for the host on another entry point", objects: object("TLSOption", "o", "minVersion: VersionTLS13") + secured("options: {name: o}") +
		object("IngressRoute", "s", "entryPoints: [tunnel], tls: {}, routes: [{kind: Rule, match: 'Host(`a.home.example`)', services: [{"+ok+"}]}]")},
	{name: "other options by the entry point", values: "{ports: {websecure: {http: {tls: {enabled: true}}}}}", objects: object("TLSOption", "o", "minVersion: VersionTLS13") + secured("options: {name: o}") +
		object("IngressRoute", "s", "entryPoints: [websecure], routes: [{kind: Rule, match: 'Host(`a.home.example`) && Path(`/x`)', services: [{"+ok+"}]}]"),
		want: []string{"broken-tls-option: IngressRoute s of web has other TLS options for a.home.example: Traefik applies the default ones instead, which ask no client for a certificate"}},
	{name: "unknown options by the entry point", values: "{ports: {websecure: {http: {tls: {enabled: true, options: web-o@kubernetescrd}}}}}", objects: object("TLSOption", "o", "minVersion: VersionTLS13") + secured("options: {name: o}") +
		object("IngressRoute", "s", "entryPoints: [websecure], routes: [{kind: Rule, match: 'Host(`a.home.example`) && Path(`/x`)', services: [{"+ok+"}]}]")},
	{name: "other options, strictly", values: "{additionalArguments: [--core.strictTLSOptions=true]}", objects: object("TLSOption", "o", "minVersion: VersionTLS13") + secured("options: {name: o}") +
		object("IngressRoute", "s", "entryPoints: [websecure], tls: {}, routes: [{kind: Rule, match: 'Host(`a.home.example`) && Path(`/x`)', services: [{"+ok+"}]}]"),
		want: []string{"broken-tls-option: IngressRoute s of web has other TLS options for a.home.example: Traefik drops the rules"}},
	{name: "options without a host", objects: object("TLSOption", "o", "minVersion: VersionTLS13") +
		object("IngressRoute", "s", "entryPoints: [websecure], tls: {options: {name: o}}, routes: [{kind: Rule, match: 'PathPrefix(`/x/`)', services: [{"+ok+"}]}]"),
		want: []string{"broken-tls-option: the rule names no host for its TLS options: Traefik applies the default ones instead, which ask no client for a certificate"}},
	{name: "a missing certificate", objects: secured("secretName: none"),
		want: []string{"missing-secret: IngressRoute r needs the Secret none, which nothing creates: Traefik answers with another certificate"}},
	{name: "a certificate of cert-manager", objects: secured("secretName: a-tls") + "---\napiVersion: cert-manager.io/v1\nkind: Certificate\nmetadata: {name: a}\nspec: {secretName: a-tls, issuerRef: {name: x}, dnsNames: [a.example]}\n"},
}

func below(name, more, rules string) string {
	return object("IngressRoute", name, more+", routes: [{kind: Rule, match: 'PathPrefix(`/"+name+"`)', "+rules+"}]")
}

const root = "entryPoints: [websecure], routes: [{kind: Rule, match: 'Host(`a.home.example`)'"

var treeCases = []dropCase{
	{name: "no services", objects: object("IngressRoute", "r", root+"}]"),
		want: []string{"ignored-route: it has no services, and no IngressRoute has it as its parent: Traefik drops the rule"}},
	{name: "a child", objects: object("IngressRoute", "r", root+"}]") + below("c", "parentRefs: [{name: r}]", "services: [{"+ok+"}]")},
	{name: "a broken child of two", objects: object("IngressRoute", "r", root+"}]") + below("c", "parentRefs: [{name: r}]", "services: [{"+ok+"}]") +
		below("d", "parentRefs: [{name: r}]", "services: [{name: none, port: 80}]"),
		want: []string{"missing-service: no application deploys Service none of namespace web: Traefik drops the rule"}},
	{name: "a missing parent", objects: to(ok) + below("c", "parentRefs: [{name: none}]", "services: [{"+ok+"}]"),
		want: []string{"ignored-route: no application deploys IngressRoute none of namespace web: Traefik drops its rules"}},
	{name: "a parent in another namespace", values: chartDefaults, objects: to(ok) + below("c", "parentRefs: [{name: r, namespace: far}]", "services: [{"+ok+"}]"),
		want: cross("IngressRoute r is in namespace far, which Traefik does not allow: it drops its rules")},
	{name: "a child with entry points", objects: object("IngressRoute", "r", root+"}]") + below("c", "entryPoints: [websecure], parentRefs: [{name: r}]", "services: [{"+ok+"}]"),
		want: []string{"ignored-route: an IngressRoute with a parent has the entry points of that one: Traefik drops its rules"}},
	{name: "a child with tls", objects: object("IngressRoute", "r", root+"}]") + below("c", "tls: {}, parentRefs: [{name: r}]", "services: [{"+ok+"}]"),
		want: []string{"ignored-route: an IngressRoute with a parent has the tls of that one: Traefik drops its rules"}},
	{name: "children in a circle", objects: to(ok) + below("c", "parentRefs: [{name: d}]", "services: [{"+ok+"}]") + below("d", "parentRefs: [{name: c}]", "services: [{"+ok+"}]"),
		want: []string{"ignored-route: Traefik asks only the IngressRoutes that have this one as their parent, never its services",
			"ignored-route: Traefik asks only the IngressRoutes that have this one as their parent, never its services",
			"ignored-route: no IngressRoute above it is without a parent: Traefik drops its rules", "ignored-route: no IngressRoute above it is without a parent: Traefik drops its rules"}},
	{name: "a parent with services", objects: object("IngressRoute", "r", root+", services: [{"+ok+"}]}]") + below("c", "parentRefs: [{name: r}]", "services: [{"+ok+"}]"),
		want: []string{"ignored-route: Traefik asks only the IngressRoutes that have this one as their parent, never its services"}},
	{name: "another kind", objects: object("IngressRoute", "r", "entryPoints: [websecure], routes: [{kind: Route, match: 'Host(`a.home.example`)', services: [{"+ok+"}]}]"),
		want: []string{"ignored-route: Traefik does not know a route of the kind Route: it leaves it out"}},
	{name: "no match", objects: object("IngressRoute", "r", "entryPoints: [websecure], routes: [{kind: Rule, match: '', services: [{"+ok+"}]}]"),
		want: []string{"ignored-route: the rule matches nothing: Traefik leaves it out"}},
	{name: "a priority that is too high", objects: rule("priority: 9223372036854775000, services: [{" + ok + "}]"),
		want: []string{"ignored-route: the priority 9223372036854775000 is among those that Traefik keeps for itself: Traefik drops the rule"}},
	{name: "a class", values: provider("ingressClass: inside"), objects: to(ok),
		want: []string{"ignored-route: Traefik reads only IngressRoutes of a class, and this one has none"}},
	{name: "the class that Traefik reads", values: provider("ingressClass: inside"), objects: object("IngressRoute", "r", "ingressClassName: inside, "+root+", services: [{name: none, port: 80}]}]"),
		want: []string{"missing-service: no application deploys Service none of namespace web: Traefik drops the rule"}},
	{name: "a class of another Traefik", values: chartDefaults, objects: object("IngressRoute", "r", "ingressClassName: inside, "+root+", services: [{name: none, port: 80}]}]")},
}

// TestDrops: what Traefik drops is found, once, and nothing else.
func TestDrops(t *testing.T) {
	for _, c := range dropCases {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			for _, f := range run(t, folderOf(&c), true).Findings {
				if slices.Contains(drops, f.Code) {
					got = append(got, f.Code+": "+f.Message)
				}
			}
			slices.Sort(got)
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// TestDropped: a router is dropped when anything on its way is, and stays when it is not.
func TestDropped(t *testing.T) {
	child := func(services string) string {
		return below("c", "parentRefs: [{name: r}]", services)
	}
	const gone = "services: [{name: none, port: 80}]"
	for _, c := range []struct {
		name, values, objects string
		dropped               bool
	}{
		{"nothing", "", to(ok), false},
		{"a chain of chains", "", object("Middleware", "a", "headers: {}") + object("Middleware", "b", "chain: {middlewares: [{name: a}]}") + through("chain: {middlewares: [{name: b}]}"), true},
		{"a circle", "", object("Middleware", "a", "chain: {middlewares: [{name: a}]}") + through("chain: {middlewares: [{name: a}]}"), true},
		{"an answer of 429 only", "", through("inFlightReq: {}"), false},
		{"an error page of a broken TraefikService", "", object("TraefikService", "t", "") + through("errors: {status: ['404'], service: {name: t, kind: TraefikService}}"), true},
		{"the options of all", "", object("TLSOption", "default", "cipherSuites: [AES]") + secured(""), true},
		{"the options of those with TLS", "", object("TLSOption", "default", "cipherSuites: [AES]") + to(ok), false},
		{"options of others, strictly", "{additionalArguments: [--core.strictTLSOptions]}", object("TLSOption", "o", "minVersion: VersionTLS13") + secured("options: {name: o}") +
			object("IngressRoute", "s", "entryPoints: [websecure], tls: {}, routes: [{kind: Rule, match: 'Host(`a.home.example`) && Path(`/x`)', services: [{"+ok+"}]}]"), true},
		{"a child", "", object("IngressRoute", "r", root+"}]") + child("services: [{"+ok+"}]"), false},
		{"no child is left", "", object("IngressRoute", "r", root+"}]") + child(gone), true},
		{"a parent with services never had the child", "", object("IngressRoute", "r", root+", services: [{"+ok+"}]}]") + child(gone), false},
		{"a parent with services had the child", "", object("IngressRoute", "r", root+", services: [{"+ok+"}]}]") + child("middlewares: [{name: none}], services: [{"+ok+"}]"), true},
		{"a child of a rule that is not there", "", object("IngressRoute", "r", root+"}, {kind: Rule, match: 'Host(`b.home.example`)', "+gone+"}]") + child("services: [{"+ok+"}]"), true},
		{"a child of a rule that never was", "", object("IngressRoute", "r", root+"}, {kind: Rule, match: ''}]") + child("services: [{"+ok+"}]"), true},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := lint.NewContext(inputOf(t, folderOf(&dropCase{values: c.values, objects: c.objects}), nil))
			for r, dropped := range in.Routes.Dropped() {
				if r.Text == "Host(`a.home.example`)" && dropped {
					if !c.dropped {
						t.Error("it is dropped")
					}
					return
				}
			}
			if c.dropped {
				t.Error("it is not dropped")
			}
		})
	}
}
