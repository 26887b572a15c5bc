package rules

import (
	"maps"
	"slices"
	"strings"

	"github.com/hippotion/roster/internal/lint"
)

var sopsIncomplete = lint.Rule{
	Name:     "sops-incomplete",
	Severity: lint.Error,
	Summary:  "a file of SOPS has values that are not encrypted, or lacks what SOPS needs to decrypt it",
	Doc: `A Secret that SOPS has encrypted has ` + "`ENC[…]`" + ` in the place of each value, and beside them for whom (age, pgp, kms and others), and a
MAC over all values. A value under ` + "`data` or `stringData`" + ` that stands there as it is was added by hand: it is in Git, and SOPS refuses the file,
because the MAC no longer fits. Without a recipient or a MAC nobody can decrypt it. Values of files that say by ` + "`unencrypted_suffix`, `unencrypted_regex`," + `
` + "`encrypted_suffix` or `encrypted_regex`" + ` which of them stay as they are, are not judged. No value is printed.`,
	Bad: `
-- platform.yml --
repository: {url: https://git.example/homelab.git}
-- applications.yml --
- namespace: web-a
  networkPolicies: isolated
  applications: [{applicationCode: web-a, path: a}]
-- a/secret.yaml --
apiVersion: v1
kind: Secret
metadata: {name: db}
stringData:
  user: ENC[AES256_GCM,data:x9kkQ7,iv:a,tag:b,type:str]
  password: swordfish-of-june
sops:
  age: [{recipient: age1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq, enc: x}]
  lastmodified: "2026-03-01T10:00:00Z"
  mac: ENC[AES256_GCM,data:x,iv:a,tag:b,type:str]
  version: 3.9.0
`,
	Mend: []string{`  password: swordfish-of-june`, `  password: ENC[AES256_GCM,data:y8llP6,iv:a,tag:b,type:str]`},
	Check: func(in *lint.Context, report lint.Report) {
		for _, o := range in.Deployed.Kind("Secret") {
			sops, _ := o.Content()["sops"].(map[string]any)
			if sops == nil {
				continue
			}
			if len(recipientsOf(sops)) == 0 {
				report(in.Places.Field(o, "sops"), "encrypt it anew: sops --encrypt --in-place", "%s: nobody is named who can decrypt it: no age, pgp, kms, gcp_kms, azure_kv or hc_vault", o.Title())
			}
			if mac, _ := sops["mac"].(string); !strings.HasPrefix(mac, "ENC[") {
				report(in.Places.Field(o, "sops"), "encrypt it anew: sops --encrypt --in-place", "%s has no MAC: SOPS refuses to decrypt it", o.Title())
			}
			for _, field := range []string{"data", "stringData"} {
				for _, key := range plainBesideSOPS(o.Content()[field], sops) {
					report(in.Places.Field(o, field, key), "change the value where it is used, since it is in Git; then run sops edit, and write the new one there", "%s: %s of %s is not encrypted, and SOPS refuses the file", o.Title(), key, field)
				}
			}
		}
	},
}

// plainBesideSOPS are the keys of a mapping whose values SOPS has not encrypted, though it encrypts all.
func plainBesideSOPS(values any, sops map[string]any) []string {
	for _, some := range []string{"unencrypted_regex", "encrypted_suffix", "encrypted_regex"} {
		if text, _ := sops[some].(string); text != "" && text != "^(data|stringData)$" {
			return nil
		}
	}
	suffix := "_unencrypted"
	if text, _ := sops["unencrypted_suffix"].(string); text != "" {
		suffix = text
	}
	all, _ := values.(map[string]any)
	var out []string
	for _, key := range slices.Sorted(maps.Keys(all)) {
		if text, _ := all[key].(string); text != "" && !strings.HasPrefix(text, "ENC[") && !strings.HasSuffix(key, suffix) {
			out = append(out, key)
		}
	}
	return out
}

// recipientsOf are those who can decrypt a file, as KIND NAME, sorted (getsops/sops, stores/stores.go: the names of the fields).
func recipientsOf(sops map[string]any) []string {
	fields := map[string]string{"age": "recipient", "pgp": "fp", "kms": "arn", "gcp_kms": "resource_id", "azure_kv": "name", "hc_vault": "key_name"}
	var out []string
	collect := func(in map[string]any) {
		for kind, field := range fields {
			list, _ := in[kind].([]any)
			for _, one := range list {
				m, _ := one.(map[string]any)
				if name, _ := m[field].(string); name != "" {
					out = append(out, kind+" "+name)
				}
			}
		}
	}
	collect(sops)
	groups, _ := sops["key_groups"].([]any)
	for _, g := range groups {
		if m, ok := g.(map[string]any); ok {
			collect(m)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
