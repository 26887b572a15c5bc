package remote

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path"
	"regexp"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// Repository is a Git repository that Applications name, with the folders that they name at each revision.
type Repository struct {
	URL     string
	Folders map[string][]string
}

// RepositoriesOf are the Git repositories that the Applications among the objects name.
func RepositoriesOf(objects []unstructured.Unstructured) ([]Repository, error) {
	all, err := sources(objects)
	if err != nil {
		return nil, err
	}
	var out []Repository
	for _, s := range all { // in the order of their URLs
		if s.Chart != "" {
			continue
		}
		if len(out) == 0 || out[len(out)-1].URL != s.RepoURL {
			out = append(out, Repository{s.RepoURL, map[string][]string{}})
		}
		folders := out[len(out)-1].Folders
		folders[s.TargetRevision] = append(folders[s.TargetRevision], s.Path)
	}
	return out, nil
}

// kustomization and workload are what a folder of a stand-in repository holds. The workload is called as the repository, runs
// its image, and is fit for a namespace that enforces the restricted Pod Security Standard.
const (
	kustomization = `apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources: [workload.yaml]
`
	workload = `apiVersion: v1
kind: Service
metadata: {name: NAME}
spec:
  selector: {app.kubernetes.io/name: NAME}
  ports: [{name: http, port: 80, targetPort: 8080}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: NAME}
spec:
  selector: {matchLabels: {app.kubernetes.io/name: NAME}}
  template:
    metadata: {labels: {app.kubernetes.io/name: NAME}}
    spec:
      automountServiceAccountToken: false
      securityContext: {runAsNonRoot: true, runAsUser: 1000, seccompProfile: {type: RuntimeDefault}}
      containers:
        - name: NAME
          image: IMAGE
          ports: [{containerPort: 8080}]
          securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}
`
)

// release is what a tag looks like; other revisions are branches.
var release = regexp.MustCompile(`^v[0-9]`)

// StandIn makes a bare repository in dir, with a workload in each folder.
func (r Repository) StandIn(dir string) error {
	name := strings.TrimSuffix(path.Base(r.URL), ".git")
	image := "registry." + strings.TrimSuffix(address(r.URL), ".git")
	text := strings.NewReplacer("NAME", name, "IMAGE", image).Replace(workload)
	var history bytes.Buffer
	for revision, folders := range r.Folders {
		reference := "refs/heads/" + revision
		if release.MatchString(revision) {
			reference = "refs/tags/" + revision
		}
		fmt.Fprintf(&history, "commit %s\ncommitter Test <test@house.example> 0 +0000\ndata 0\n", reference)
		for _, folder := range folders {
			for file, data := range map[string]string{"kustomization.yaml": kustomization, "workload.yaml": text} {
				fmt.Fprintf(&history, "M 644 inline %s\ndata %d\n%s\n", path.Join(folder, file), len(data), data)
			}
		}
	}
	if err := git(nil, "init", "--quiet", "--bare", dir); err != nil {
		return err
	}
	return git(&history, "-C", dir, "fast-import", "--quiet")
}

func git(stdin *bytes.Buffer, args ...string) error {
	c := exec.Command("git", args...)
	if stdin != nil {
		c.Stdin = stdin
	}
	c.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1") // nothing of the user's
	if out, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", c, err, out)
	}
	return nil
}
