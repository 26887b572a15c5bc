package rules

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/internal/lint/models/deployed"
)

var sopsRecipients = lint.Rule{
	Name:     "sops-recipients",
	Severity: lint.Warning,
	Summary:  "a file of SOPS is encrypted for others than most files of the list are",
	Doc: `Whoever decrypts the Secrets, such as a plugin of Argo CD, has the keys of certain recipients. When one of them was replaced, in
` + "`.sops.yaml`" + `, files that were not updated since are still encrypted for the old ones: somebody who has left can read them, and somebody new
cannot. The files that have what most files have are right; where there is no majority, nothing is reported. The message says when the file was
last changed. Lint has no clock, so it does not say how long ago that is.`,
	Bad: `
-- platform.yml --
repository: {url: https://git.example/homelab.git}
-- applications.yml --
- namespace: web-a
  networkPolicies: isolated
  applications: [{applicationCode: web-a, path: a}]
-- a/secrets.yaml --
apiVersion: v1
kind: Secret
metadata: {name: db}
stringData: {password: 'ENC[AES256_GCM,data:x9kkQ7,iv:a,tag:b,type:str]'}
sops: {age: [{recipient: age1new, enc: x}], lastmodified: "2026-03-01T10:00:00Z", mac: 'ENC[AES256_GCM,data:x]'}
---
apiVersion: v1
kind: Secret
metadata: {name: mail}
stringData: {password: 'ENC[AES256_GCM,data:x9kkQ7,iv:a,tag:b,type:str]'}
sops: {age: [{recipient: age1new, enc: x}], lastmodified: "2026-03-01T10:00:00Z", mac: 'ENC[AES256_GCM,data:x]'}
---
apiVersion: v1
kind: Secret
metadata: {name: old}
stringData: {password: 'ENC[AES256_GCM,data:x9kkQ7,iv:a,tag:b,type:str]'}
sops: {age: [{recipient: age1left, enc: x}], lastmodified: "2024-01-01T10:00:00Z", mac: 'ENC[AES256_GCM,data:x]'}
`,
	Mend: []string{`sops: {age: [{recipient: age1left, enc: x}]`, `sops: {age: [{recipient: age1new, enc: x}]`},
	Check: func(in *lint.Context, report lint.Report) {
		files := map[string][]*deployed.Object{} // by recipients
		total := 0
		for _, o := range in.Deployed.Kind("Secret") {
			if sops, _ := o.Content()["sops"].(map[string]any); sops != nil && len(recipientsOf(sops)) > 0 {
				of := strings.Join(recipientsOf(sops), ", ")
				files[of] = append(files[of], o)
				total++
			}
		}
		sets := slices.Sorted(maps.Keys(files))
		if len(sets) < 2 {
			return
		}
		most := slices.MaxFunc(sets, func(a, b string) int { return cmp.Compare(len(files[a]), len(files[b])) })
		if 2*len(files[most]) <= total {
			return
		}
		for _, of := range sets {
			for _, o := range files[of] {
				if of == most {
					continue
				}
				report(in.Places.Field(o, "sops"), "run sops updatekeys on the file, and change what somebody could read who is no longer meant to",
					"%s is encrypted for %s, and most files for %s; it was last changed on %s", o.Title(), of, most, sopsDate(o))
			}
		}
	},
}

// sopsDate is the day of the last change of a file.
func sopsDate(o *deployed.Object) string {
	day, _, _ := strings.Cut(deployed.StringAt(o, "sops", "lastmodified"), "T")
	return cmp.Or(day, "a day that it does not name")
}
