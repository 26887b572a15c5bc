package lint_test

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/internal/lint/rules"
)

// hostileList is a platform in which much can be said about one namespace.
const hostileList = `
-- platform.yml --
domain: home.example
repository: {url: https://git.example/homelab.git}
nodes: [192.168.0.109]
-- applications.yml --
- namespace: web
  networkPolicies: isolated
  applications:
    - applicationCode: web
      path: a
      ingress: [{host: web, service: web, port: 80, auth: app}]
- namespace: sys-alerting
  applications: [{applicationCode: sys-alerting, catalog: alerting}]
- namespace: web-ntfy
  applications: [{applicationCode: web-ntfy, catalog: ntfy}]
-- a/a.yaml --
`

type fields = map[string]any

func repeated(n int, one func(i int) any) []any {
	var out []any
	for i := range n {
		out = append(out, one(i))
	}
	return out
}

func manifestOf(apiVersion, kind, name string, more fields) fields {
	out := fields{"apiVersion": apiVersion, "kind": kind, "metadata": fields{"name": name}}
	for key, v := range more {
		out[key] = v
	}
	return out
}

func ingressRouteOf(name string, n int, match func(i int) string) fields {
	return manifestOf("traefik.io/v1alpha1", "IngressRoute", name, fields{"spec": fields{"entryPoints": []any{"websecure"},
		"routes": repeated(n, func(i int) any {
			return fields{"kind": "Rule", "match": match(i), "services": []any{fields{"name": "gone" + strconv.Itoa(i), "port": int64(1)}},
				"middlewares": []any{fields{"name": "gone" + strconv.Itoa(i)}}}
		})}})
}

func policyOf(name string, spec fields) fields {
	return manifestOf("cilium.io/v2", "CiliumNetworkPolicy", name, fields{"spec": spec})
}

func peers(app string) []any {
	return []any{fields{"matchLabels": fields{"app": app}}}
}

func podWith(name string, labels fields, container fields, n int) fields {
	return manifestOf("apps/v1", "Deployment", name, fields{"spec": fields{"selector": fields{"matchLabels": labels}, "template": fields{
		"metadata": fields{"labels": labels},
		"spec": fields{"containers": repeated(n, func(i int) any {
			c := fields{"name": "c" + strconv.Itoa(i), "image": "a"}
			for key, v := range container {
				c[key] = v
			}
			return c
		})}}}})
}

// hostile are inputs of n things that cost the square of n, or more, where each is compared with each.
var hostile = []struct {
	name string
	make func(n int) []any
}{
	{"routes with one rule", func(n int) []any { return []any{ingressRouteOf("a", n, func(int) string { return "Host(`a.b`)" })} }},
	{"routes with one host", func(n int) []any {
		return []any{ingressRouteOf("a", n, func(i int) string { return fmt.Sprintf("Host(`a.b`) && Path(`/%06d`)", i) })}
	}},
	{"routes without a host", func(n int) []any {
		return []any{ingressRouteOf("a", n, func(i int) string { return fmt.Sprintf("PathPrefix(`/%06d`)", i) })}
	}},
	{"IngressRoutes for one host", func(n int) []any {
		return repeated(n, func(i int) any {
			return ingressRouteOf("a"+strconv.Itoa(i), 1, func(int) string { return "Host(`web.home.example`)" })
		})
	}},
	{"rules with 64 alternatives", func(n int) []any {
		return []any{ingressRouteOf("a", n/16, func(i int) string {
			var all []string
			for j := range 60 {
				all = append(all, fmt.Sprintf("Path(`/%d`)", j))
			}
			return "Host(`a.b`) && (" + strings.Join(all, " || ") + ")"
		})}
	}},
	{"rules with parentheses", func(n int) []any {
		return []any{ingressRouteOf("a", 4, func(i int) string {
			return strings.Repeat("(", 90) + strings.Repeat("!", n) + "Host(`a`)" + strings.Repeat(")", 90)
		}),
			ingressRouteOf("b", 4, func(i int) string { return strings.Repeat("(", 100*n) + "Host(`a`)" + strings.Repeat(")", 100*n) })}
	}},
	{"chains of Middlewares", func(n int) []any {
		return append(repeated(n, func(i int) any {
			return manifestOf("traefik.io/v1alpha1", "Middleware", "gone"+strconv.Itoa(i), fields{"spec": fields{"chain": fields{"middlewares": []any{
				fields{"name": "gone" + strconv.Itoa(i+1)}}}}})
		}), ingressRouteOf("a", n, func(i int) string { return fmt.Sprintf("Host(`h%d`)", i) }))
	}},
	{"rules of one policy", func(n int) []any {
		rule := func(word string) func(i int) any {
			return func(i int) any {
				return fields{word: peers(strconv.Itoa(i)), "toPorts": []any{fields{"ports": []any{fields{"port": strconv.Itoa(1 + i%60000), "protocol": "TCP"}}}}}
			}
		}
		return []any{policyOf("a", fields{"endpointSelector": fields{}, "ingress": repeated(n/2, rule("fromEndpoints")), "egress": repeated(n/2, rule("toEndpoints"))}),
			podWith("a", fields{"app": "a"}, nil, 1)}
	}},
	{"policies", func(n int) []any {
		return append(repeated(n, func(i int) any {
			app := fields{"matchLabels": fields{"app": strconv.Itoa(i)}}
			return policyOf("a"+strconv.Itoa(i), fields{"endpointSelector": app,
				"ingress": []any{fields{"fromEndpoints": peers(strconv.Itoa(i + 1))}, fields{"fromEndpoints": []any{fields{}}}},
				"egress":  []any{fields{"toEndpoints": peers(strconv.Itoa(i + 2))}}})
		}), podWith("a", fields{"app": "a"}, nil, 1))
	}},
	{"names in a policy", func(n int) []any {
		return []any{policyOf("a", fields{"endpointSelector": fields{}, "egress": []any{
			fields{"toFQDNs": repeated(n, func(i int) any { return fields{"matchName": fmt.Sprintf("h%d.example.com", i)} })},
			fields{"toPorts": []any{fields{"ports": []any{fields{"port": "53"}}, "rules": fields{"dns": repeated(n, func(i int) any {
				return fields{"matchPattern": fmt.Sprintf("*.h%d.example.com", i)}
			})}}}}}})}
	}},
	{"addresses in a policy", func(n int) []any {
		return []any{policyOf("a", fields{"endpointSelector": fields{}, "egress": []any{fields{"toCIDRSet": []any{fields{"cidr": "10.0.0.0/8", "except": repeated(n, func(i int) any {
			return fmt.Sprintf("10.%d.%d.0/24", i/256, i%256)
		})}}}, fields{"toCIDR": repeated(n, func(i int) any { return fmt.Sprintf("192.168.0.%d/%d", i%256, 8+i%24) })}}})}
	}},
	{"policies that select nothing", func(n int) []any {
		out := repeated(n, func(i int) any {
			return policyOf("a"+strconv.Itoa(i), fields{"endpointSelector": fields{"matchLabels": fields{"app": strconv.Itoa(-i)}}, "ingress": []any{fields{}}})
		})
		for i := range n {
			out = append(out, podWith("p"+strconv.Itoa(i), fields{"app": strconv.Itoa(i + 1)}, nil, 1))
		}
		return out
	}},
	{"containers", func(n int) []any {
		return []any{podWith("a", fields{"app": "a"}, fields{"ports": []any{fields{"containerPort": int64(80)}}}, n)}
	}},
	{"privileged containers", func(n int) []any {
		o := podWith("a", fields{"app": "a"}, fields{"securityContext": fields{"privileged": true}}, n)
		list := o["spec"].(fields)["template"].(fields)["spec"].(fields)["containers"].([]any)
		for i := range n / 2 {
			delete(list[i].(fields), "securityContext")
		}
		return []any{o}
	}},
	{"variables from Secrets", func(n int) []any {
		return append(repeated(n, func(i int) any {
			return manifestOf("example.com/v1", "Database", "db"+strconv.Itoa(i), fields{"spec": fields{"user": "u" + strconv.Itoa(i)}})
		}), podWith("a", fields{"app": "a"}, fields{"env": repeated(n, func(i int) any {
			return fields{"name": "V" + strconv.Itoa(i), "valueFrom": fields{"secretKeyRef": fields{"name": "s" + strconv.Itoa(i), "key": "k"}}}
		})}, 1))
	}},
	{"keys of one Secret", func(n int) []any {
		return []any{manifestOf("external-secrets.io/v1", "ExternalSecret", "s", fields{"spec": fields{"secretStoreRef": fields{"name": "v", "kind": "SecretStore"},
			"data": repeated(n, func(i int) any { return fields{"secretKey": "k" + strconv.Itoa(i), "remoteRef": fields{"key": "a"}} })}}),
			podWith("a", fields{"app": "a"}, fields{"env": repeated(n, func(i int) any {
				return fields{"name": "V" + strconv.Itoa(i), "valueFrom": fields{"secretKeyRef": fields{"name": "s", "key": "x" + strconv.Itoa(i)}}}
			})}, 1)}
	}},
	{"values of one Secret", func(n int) []any {
		values := fields{}
		for i := range n {
			values["password"+strconv.Itoa(i)] = fmt.Sprintf("h7Gq2%dxYz", i)
		}
		return []any{manifestOf("v1", "Secret", "s", fields{"stringData": values}), manifestOf("v1", "ConfigMap", "s", fields{"data": values})}
	}},
	{"Services", func(n int) []any {
		return append(repeated(n, func(i int) any {
			return manifestOf("v1", "Service", "s"+strconv.Itoa(i), fields{"spec": fields{"selector": fields{"app": "a"}, "ports": []any{fields{"port": int64(1 + i), "targetPort": int64(8080)}}}})
		}), ingressRouteOf("a", n, func(i int) string { return fmt.Sprintf("Host(`h%d`)", i) }))
	}},
	{"alerts and routes", func(n int) []any {
		return []any{manifestOf("monitoring.coreos.com/v1", "PrometheusRule", "a", fields{"spec": fields{"groups": []any{fields{"name": "a", "rules": repeated(n, func(i int) any {
			return fields{"alert": "A" + strconv.Itoa(i), "expr": "up == 0", "labels": fields{"severity": "s" + strconv.Itoa(i)}, "annotations": fields{"summary": "{{ $value }}"}}
		})}}}}), manifestOf("monitoring.coreos.com/v1alpha1", "AlertmanagerConfig", "a", fields{"spec": fields{"route": fields{"receiver": "r0", "routes": repeated(n, func(i int) any {
			return fields{"receiver": "r" + strconv.Itoa(i), "matchers": []any{fields{"name": "severity", "value": "x" + strconv.Itoa(i), "matchType": "="}}}
		})}, "receivers": repeated(n, func(i int) any { return fields{"name": "r" + strconv.Itoa(i)} })}})}
	}},
	{"deep expressions and templates", func(n int) []any {
		return []any{manifestOf("monitoring.coreos.com/v1", "PrometheusRule", "a", fields{"spec": fields{"groups": []any{fields{"name": "a", "rules": []any{
			fields{"alert": "A", "expr": strings.Repeat("(", 30*n) + "1" + strings.Repeat(")", 30*n),
				"annotations": fields{"summary": "{{" + strings.Repeat("(", 30*n) + "1" + strings.Repeat(")", 30*n) + "}}"}},
			fields{"alert": "B", "expr": strings.Repeat("-", 30*n) + "1", "annotations": fields{"summary": strings.Repeat("{{if 1}}", 10*n)}},
		}}}}})}
	}},
	{"URLs", func(n int) []any {
		return []any{manifestOf("v1", "ConfigMap", "a", fields{"data": fields{
			"a": strings.Repeat("http://web.home.example/x ", n), "b": strings.Repeat("http://web.home.example/x\n", n), "c": strings.Repeat("web.home.example", n)}})}
	}},
}

// TestHostile checks that all rules have a linear cost on inputs that are made to make it quadratic.
func TestHostile(t *testing.T) {
	for _, h := range hostile {
		t.Run(h.name, func(t *testing.T) {
			e := exampleOf(t, hostileList)
			n := 700
			if strings.HasPrefix(h.name, "routes") { // comparing two takes next to no time
				n = 1500
			}
			hold(t, repetition{h.name, func(n int) *lint.Input {
				p := copyOf(e.platform)
				if h.name == "addresses in a policy" {
					growSlice(reflect.ValueOf(p).Elem(), []string{"Nodes"}, n)
				}
				var objects []made
				for _, o := range h.make(n) {
					objects = append(objects, made{0, 0, o.(fields), "a/a.yaml"})
				}
				return e.input(p, objects)
			}}, rules.All(), n)
		})
	}
}

// TestManyWaivers checks the same for the cost of comments.
func TestManyWaivers(t *testing.T) {
	e := exampleOf(t, hostileList+"# nothing\n")
	hold(t, repetition{"waivers", e.waived}, nil, 2000)
}

// TestSamples are inputs of a few lines that took gigabytes, and hours. What they may allocate in all, also for a while, is bounded.
func TestSamples(t *testing.T) {
	const megabyte = 1 << 20
	for _, s := range []struct {
		name    string
		most    uint64
		objects []any
		finds   string
	}{
		{"20,000 routes with one rule", 2_000 * megabyte, []any{ingressRouteOf("a", 20_000, func(int) string { return "Host(`a.b`)" })}, "colliding-router-names"},
		{"10,000 rules of one policy", 1_000 * megabyte, []any{policyOf("a", fields{"endpointSelector": fields{},
			"ingress": repeated(5000, func(i int) any { return fields{"fromEndpoints": peers(strconv.Itoa(i))} }),
			"egress":  repeated(5000, func(i int) any { return fields{"toEndpoints": peers(strconv.Itoa(i))} })})}, ""},
		{"a deep template", 1_000 * megabyte, []any{manifestOf("monitoring.coreos.com/v1", "PrometheusRule", "a", fields{"spec": fields{"groups": []any{fields{
			"name": "a", "rules": []any{fields{"alert": "A", "expr": "up == 0", "annotations": fields{
				"summary": "{{" + strings.Repeat("(", 3_000_000) + "1" + strings.Repeat(")", 3_000_000) + "}}"}}}}}}})}, "bad-alert-rule"},
	} {
		t.Run(s.name, func(t *testing.T) {
			e := exampleOf(t, hostileList)
			var objects []made
			for _, o := range s.objects {
				objects = append(objects, made{0, 0, o.(fields), "a/a.yaml"})
			}
			in := e.input(e.platform, objects)
			before := allocated()
			result := rules.All().Run(in, lint.Options{})
			if used := allocated() - before; used > s.most {
				t.Errorf("it allocates %d MB", used>>20)
			}
			found := map[string]int{}
			for _, f := range result.Findings {
				found[f.Code]++
			}
			if s.finds != "" && found[s.finds] == 0 {
				t.Errorf("%s is silent: %v", s.finds, found)
			}
			if n := found["random-route"]; n > 20_000 {
				t.Errorf("%d findings of pairs", n)
			}
		})
	}
}
