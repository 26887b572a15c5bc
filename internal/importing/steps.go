package importing

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/hippotion/roster/internal/diag"
)

// What the commands of the plan have in common. They are those of docs/migrate.md.
const (
	controllers = "'app.kubernetes.io/name in (argocd-application-controller, argocd-applicationset-controller)'"
	saved       = "applications.argoproj.io,applicationsets.argoproj.io,appprojects.argoproj.io,namespaces,persistentvolumeclaims,persistentvolumes"
	ownFields   = `{"metadata": {"uid": null, "resourceVersion": null, "generation": null, "creationTimestamp": null, "ownerReferences": null}, "status": null, "operation": null}`
	identities  = "kubectl get namespaces,persistentvolumeclaims -A -o custom-columns=NAMESPACE:.metadata.namespace,NAME:.metadata.name,UID:.metadata.uid --no-headers | sort"
	paused      = `sed -i -E 's/autoSync: (true|\{[^}]*\})/autoSync: false/' applications.yml platform.yml`
)

// steps are the plan's, in order.
func (p *Plan) steps() []MovingStep {
	return []MovingStep{
		{"1. Save what there is", nil, p.saving()},
		{"2. Write the list", p.writing(), []string{paused}},
		{"3. Stop the controllers", []string{"From here on, Argo CD applies and deletes nothing."}, []string{p.scale(0)}},
		{"4. Let the old Applications go", p.letting(), p.release()},
		{"5. Hand over to roster", p.handing(), []string{
			"git push",
			"roster bootstrap | kubectl apply --server-side --field-manager roster -f -",
			p.kubectl("rollout status deployment/argocd-repo-server"),
			p.scale(1),
		}},
		{"6. Turn it on", []string{"Not before the commands of step 5 have shown that Argo CD would delete nothing that you need."}, []string{
			"git revert --no-edit HEAD",
			"git push",
			p.kubectl("annotate application " + rootName + " argocd.argoproj.io/refresh=normal"),
		}},
		{"7. Clean up", p.cleaningNotes(), p.cleaning()},
	}
}

func (p *Plan) kubectl(command string) string {
	return "kubectl -n " + diag.Word(p.ArgoCD) + " " + command
}

func (p *Plan) scale(replicas int) string {
	return p.kubectl(fmt.Sprintf("scale statefulset,deployment -l %s --replicas %d", controllers, replicas))
}

func (p *Plan) saving() []string {
	out := []string{
		"kubectl get " + saved + " -A -o yaml > ../today.yaml",
		"kubectl get applications.argoproj.io,applicationsets.argoproj.io,appprojects.argoproj.io -A -o yaml > ../argocd.yaml",
		"kubectl patch --local -f ../argocd.yaml --type merge -o json -p '" + ownFields + "' > ../before.json",
		identities + " > ../identities.txt",
	}
	return append(out, p.policies("Retain")...)
}

// policies sets what becomes of the volumes without their claims.
func (p *Plan) policies(policy string) []string {
	if len(p.Volumes) == 0 {
		return nil
	}
	return []string{fmt.Sprintf("kubectl patch persistentvolumes %s -p '{\"spec\": {\"persistentVolumeReclaimPolicy\": %q}}'", words(p.Volumes), policy)}
}

func (p *Plan) writing() []string {
	var out []string
	for _, t := range p.Twice {
		out = append(out, fmt.Sprintf("%s: take it out of %s: the list renders it, and the Application %s must not", t.Object, strings.Join(t.Sources, ", "), t.By))
	}
	for _, o := range p.Orphaned {
		out = append(out, fmt.Sprintf("%s: the Application %s, which goes, deploys it, and nobody will: put it into the source of an application if it is needed", o.Object, o.By))
	}
	for _, k := range p.Kept {
		out = append(out, fmt.Sprintf("%s %s is not in the list, and stays as it is: %s", k.Kind, k.Name, k.Reason))
	}
	return append(out, "Nothing is pushed yet. The last commit before step 3 is the one with autoSync: false, which step 6 takes back.")
}

// letting says who loses what.
func (p *Plan) letting() []string {
	var out []string
	for _, s := range p.Sets {
		out = append(out, "ApplicationSet "+s.Name+" is deleted; what it made stays")
	}
	for _, r := range p.Released {
		note := "Application " + r.Name
		if len(r.Finalizers) > 0 {
			note += " loses the finalizers " + strings.Join(r.Finalizers, ", ") + ", and"
		}
		note += " is deleted; what it deployed stays"
		switch {
		case r.Root:
			note += ". The root Application of roster takes its place"
		case r.Becomes != r.Name:
			note += ". In the list it is " + r.Becomes
		}
		out = append(out, note)
	}
	return out
}

func (p *Plan) release() []string {
	var applications []Named
	for _, r := range p.Released {
		applications = append(applications, Named{r.Namespace, r.Name})
	}
	return append(released("applicationsets", p.Sets), released("applications", applications)...)
}

// released are the commands that delete objects and nothing else, for each namespace. They are sorted by it.
func released(resource string, objects []Named) []string {
	var out []string
	for len(objects) > 0 {
		namespace := objects[0].Namespace
		var names []string
		for len(objects) > 0 && objects[0].Namespace == namespace {
			names = append(names, objects[0].Name)
			objects = objects[1:]
		}
		command := func(verb, flags string) string {
			return "kubectl -n " + diag.Word(namespace) + " " + verb + " " + resource + " " + words(names) + " " + flags
		}
		out = append(out, command("patch", `--type merge -p '{"metadata": {"finalizers": null}}'`), command("delete", "--cascade=orphan"))
	}
	return out
}

// handing says who gets what.
func (p *Plan) handing() []string {
	var out []string
	for _, n := range p.Namespaces {
		from := "nobody tracks it now"
		if n.From != "" {
			from = "now it is the Application " + n.From
		}
		out = append(out, fmt.Sprintf("Namespace %s is handed over to the Application %s: %s", n.Name, n.To, from))
	}
	for _, c := range p.Claims {
		if c.To != "" {
			out = append(out, fmt.Sprintf("PersistentVolumeClaim %s stays with the Application %s", c.Name, c.To))
		} else {
			out = append(out, "PersistentVolumeClaim "+c.Name+" stays: no Application deploys it")
		}
	}
	return out
}

func (p *Plan) cleaningNotes() []string {
	var out []string
	for _, r := range p.Released {
		if r.Root {
			out = append(out, "Remove from Git the Applications and ApplicationSets that "+r.Name+" deployed: nobody reads them any more")
		}
	}
	for _, name := range p.Projects {
		out = append(out, "Nothing of the list uses the AppProject "+name+": delete it when nothing else does")
	}
	return out
}

func (p *Plan) cleaning() []string { return p.policies("Delete") }

// words are names as a shell reads them.
func words(names []string) string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = diag.Word(n)
	}
	return strings.Join(out, " ")
}

// Text is the plan for people: commands for a shell, and comments.
func (p *Plan) Text() string {
	var b strings.Builder
	b.WriteString("# The order in which nothing is lost. docs/migrate.md explains the steps, how to check each, and how to go back.\n")
	if len(p.Unknown) > 0 {
		b.WriteString("# Unknown:\n")
	}
	for _, u := range p.Unknown {
		b.WriteString("#   " + diag.Visible(u) + "\n")
	}
	for _, s := range p.Steps {
		b.WriteString("\n# " + s.Title + "\n")
		for _, note := range s.Notes {
			b.WriteString("#   " + diag.Visible(note) + "\n")
		}
		for _, c := range s.Commands {
			b.WriteString(diag.Visible(c) + "\n")
		}
	}
	return b.String()
}

// JSON is the plan for programs.
func (p *Plan) JSON() ([]byte, error) {
	text, err := json.MarshalIndent(p, "", "  ")
	return append(text, '\n'), err
}
