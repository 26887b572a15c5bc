package remote

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"
)

// Chart is a Helm chart at an address: of a chart repository, or, without a scheme or with oci://, in a registry.
type Chart struct {
	RepoURL, Name, Version string
	Files                  map[string][]byte // without Chart.yaml
}

// standIn is all that a stand-in holds. It shows which values have reached it.
const standIn = `apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ .Release.Name }}
  namespace: {{ .Release.Namespace }}
data:
  chart: {{ .Chart.Name }}
  version: {{ .Chart.Version | quote }}
  values: {{ .Values | toJson | quote }}
`

// ChartsOf makes a stand-in for each chart that the Applications among the objects name.
func ChartsOf(objects []unstructured.Unstructured) ([]Chart, error) {
	all, err := sources(objects)
	if err != nil {
		return nil, err
	}
	var charts []Chart
	for _, s := range all {
		if s.Chart != "" {
			charts = append(charts, Chart{s.RepoURL, s.Chart, s.TargetRevision, map[string][]byte{"templates/standin.yaml": []byte(standIn)}})
		}
	}
	return charts, nil
}

// AddCRDs adds CRDs to the chart. They are not templates: what they describe may look like one.
func (c *Chart) AddCRDs(crds ...unstructured.Unstructured) error {
	for _, crd := range crds {
		text, err := yaml.Marshal(crd.Object)
		if err != nil {
			return fmt.Errorf("%s: %w", crd.GetName(), err)
		}
		c.Files["crds/"+crd.GetName()+".yaml"] = text
	}
	return nil
}

// Publish serves a chart, beside its other versions.
func (s *Server) Publish(c Chart) error {
	about, err := json.Marshal(c.about())
	if err != nil {
		return err
	}
	archive, err := c.archive(about)
	if err != nil {
		return fmt.Errorf("packing %s %s: %w", c.Name, c.Version, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.charts = append(slices.DeleteFunc(s.charts, c.same), c)
	if strings.HasPrefix(c.RepoURL, "https://") {
		base := address(c.RepoURL)
		s.files[base+"/"+c.archiveName()] = file{"application/gzip", archive}
		return s.index(base)
	}
	return s.registry(c, about, archive)
}

func (c *Chart) about() map[string]any {
	return map[string]any{"apiVersion": "v2", "name": c.Name, "version": c.Version}
}

func (c *Chart) archiveName() string { return c.Name + "-" + c.Version + ".tgz" }

func (c *Chart) same(other Chart) bool {
	return address(c.RepoURL) == address(other.RepoURL) && c.Name == other.Name && c.Version == other.Version
}

// archive packs a chart. The same chart always gives the same bytes: clients compare digests.
func (c *Chart) archive(about []byte) ([]byte, error) {
	files := map[string][]byte{"Chart.yaml": about}
	maps.Copy(files, c.Files)
	var out bytes.Buffer
	zip := gzip.NewWriter(&out)
	pack := tar.NewWriter(zip)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		header := tar.Header{Typeflag: tar.TypeReg, Name: c.Name + "/" + name, Mode: 0o644, Size: int64(len(files[name]))}
		if err := pack.WriteHeader(&header); err != nil {
			return nil, err
		}
		if _, err := pack.Write(files[name]); err != nil {
			return nil, err
		}
	}
	if err := pack.Close(); err != nil {
		return nil, err
	}
	if err := zip.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// index writes the index of a chart repository anew.
func (s *Server) index(base string) error {
	entries := map[string][]map[string]any{}
	for _, c := range s.charts {
		if address(c.RepoURL) == base {
			entry := c.about()
			entry["urls"] = []string{c.archiveName()}
			entry["digest"] = strings.TrimPrefix(digest(s.files[base+"/"+c.archiveName()].data), "sha256:")
			entries[c.Name] = append(entries[c.Name], entry)
		}
	}
	text, err := yaml.Marshal(map[string]any{"apiVersion": "v1", "entries": entries})
	if err != nil {
		return err
	}
	s.files[base+"/index.yaml"] = file{"application/yaml", text}
	return nil
}

// registry puts a chart into a registry: its manifest at its tag and at its digest, and what the manifest refers to.
func (s *Server) registry(c Chart, about, archive []byte) error {
	host, path, _ := strings.Cut(address(c.RepoURL), "/")
	base := host + "/v2/" + path + "/" + c.Name
	s.files[host+"/v2/"] = file{"application/json", []byte("{}")} // "I am a registry, and you may come in"
	blob := func(mediaType string, data []byte) map[string]any {
		s.files[base+"/blobs/"+digest(data)] = file{"application/octet-stream", data}
		return map[string]any{"mediaType": mediaType, "digest": digest(data), "size": len(data)}
	}
	const mediaType = "application/vnd.oci.image.manifest.v1+json"
	manifest, err := json.Marshal(map[string]any{
		"schemaVersion": 2,
		"mediaType":     mediaType,
		"config":        blob("application/vnd.cncf.helm.config.v1+json", about),
		"layers":        []any{blob("application/vnd.cncf.helm.chart.content.v1.tar+gzip", archive)},
	})
	if err != nil {
		return err
	}
	for _, reference := range []string{c.tag(), digest(manifest)} {
		s.files[base+"/manifests/"+reference] = file{mediaType, manifest}
	}
	tags := []string{}
	for _, other := range s.charts {
		if address(other.RepoURL) == address(c.RepoURL) && other.Name == c.Name {
			tags = append(tags, other.tag())
		}
	}
	list, err := json.Marshal(map[string]any{"name": path + "/" + c.Name, "tags": tags})
	if err != nil {
		return err
	}
	s.files[base+"/tags/list"] = file{"application/json", list}
	return nil
}

// tag is the version as registries can have it.
func (c *Chart) tag() string { return strings.ReplaceAll(c.Version, "+", "_") }

func digest(data []byte) string { return fmt.Sprintf("sha256:%x", sha256.Sum256(data)) }
