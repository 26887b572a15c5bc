package fetch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/Masterminds/semver/v3"
	"github.com/hippotion/roster/internal/lazy"
	"github.com/hippotion/roster/internal/source"
	"github.com/hippotion/roster/internal/source/cache"
	"github.com/hippotion/roster/internal/syntax"
	v1 "github.com/opencontainers/image-spec/specs-go/v1"
	"oras.land/oras-go/v2/content"
	"oras.land/oras-go/v2/errdef"
	"oras.land/oras-go/v2/registry/remote"
	"oras.land/oras-go/v2/registry/remote/auth"
	"oras.land/oras-go/v2/registry/remote/errcode"
)

// The types of what Helm pushes (helm pkg/registry/constants.go), and of what Argo CD unpacks besides (its option
// --oci-layer-media-types).
const (
	helmConfig  = "application/vnd.cncf.helm.config.v1+json"
	helmContent = "application/vnd.cncf.helm.chart.content.v1.tar+gzip"
	helmLegacy  = "application/tar+gzip"
)

var unpacked = []string{v1.MediaTypeImageLayer, v1.MediaTypeImageLayerGzip}

const (
	maxTags     = 100_000
	maxTagPages = 2000
	maxManifest = 4 << 20
	maxLayers   = 10 // Argo CD's (util/oci/client.go)
)

// encrypted refuses what is not: a registry names the server that it takes tokens from, and where its contents lie.
type encrypted struct{ next http.RoundTripper }

func (e encrypted) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Scheme != "https" {
		return nil, errors.New("the registry names a URL without https, which is not followed")
	}
	return e.next.RoundTrip(r)
}

// asked leaves out of the answers of other servers than the registry that they want credentials: it may redirect to any server, and that
// one would get to say who takes them.
type asked struct {
	host string
	next http.RoundTripper
}

func (a asked) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := a.next.RoundTrip(r)
	if err == nil && r.URL.Host != a.host {
		answer.Header.Del("WWW-Authenticate")
	}
	return answer, err
}

// repository is a repository of a registry, and its name in messages.
func (n *Network) repository(address string) (*remote.Repository, error) {
	at, err := n.Map.of(address)
	if err != nil {
		return nil, err
	}
	u, err := url.Parse(at)
	if err != nil || u.Scheme != "oci" {
		return nil, errors.New("expected another registry, oci://HOST/PATH, in place of a registry")
	}
	repository, err := remote.NewRepository(u.Host + u.Path)
	if err != nil || repository.Reference.Reference != "" {
		return nil, errors.New("expected the URL of a repository in a registry, oci://HOST/PATH, without tag and digest")
	}
	client := *n.web()
	repository.PlainHTTP = loopback(u.Hostname())
	if !repository.PlainHTTP {
		client.Transport = encrypted{client.Transport}
	}
	host := repository.Reference.Host()
	client.Transport = asked{host, client.Transport}
	repository.MaxMetadataBytes = maxManifest
	repository.Client = &auth.Client{Client: &client, Cache: auth.NewCache(), Header: http.Header{"User-Agent": {"roster"}},
		Credential: func(ctx context.Context, asks string) (auth.Credential, error) {
			if asks != host {
				return auth.EmptyCredential, nil
			}
			return n.Credentials.registry(ctx, u.Host)
		}}
	return repository, nil
}

// loopback reports whether a host is this machine: there, as with Docker, registries have no certificate.
func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// said is what a registry said, in words of ours: its own, and its URLs, may be anything.
func said(err error, host string) error {
	var answer *errcode.ErrorResponse
	switch {
	case errors.As(err, &answer):
		return &statusError{answer.StatusCode, host}
	case errors.Is(err, errdef.ErrNotFound):
		return &statusError{http.StatusNotFound, host}
	case errors.Is(err, auth.ErrBasicCredentialNotFound):
		return &statusError{http.StatusUnauthorized, host}
	}
	err = unwrapped(err)
	if err != nil && someURL().MatchString(err.Error()) {
		return &quiet{err}
	}
	return err
}

var someURL = lazy.Regexp(`"?https?://[^\s"]*"?`)

// quiet is an error without the URLs in it: a registry redirects to some that have signatures in them.
type quiet struct{ error }

func (q *quiet) Error() string { return someURL().ReplaceAllString(q.error.Error(), "a URL") }
func (q *quiet) Unwrap() error { return q.error }

// tagsOf are the tags of a repository, asked for once in a run.
func (n *Network) tagsOf(ctx context.Context, repository *remote.Repository) ([]string, error) {
	return n.tags.get(repository.Reference.String(), func() (all []string, err error) {
		err = again(ctx, func() error {
			all = nil
			pages := 0
			err := repository.Tags(ctx, "", func(page []string) error {
				if all = append(all, page...); len(all) > maxTags {
					return fmt.Errorf("it has more than %d tags", maxTags)
				}
				if pages++; pages > maxTagPages { // they may be empty
					return fmt.Errorf("it has more than %d pages of tags", maxTagPages)
				}
				return nil
			})
			return said(err, repository.Reference.Registry)
		})
		return all, err
	})
}

// versionsIn are the tags that are versions, the newest first. Registries permit no plus in tags: Helm writes an underscore.
func versionsIn(tags []string) []string {
	var versions []*semver.Version
	for _, parse := range []func(string) (*semver.Version, error){semver.StrictNewVersion, semver.NewVersion} {
		for _, tag := range tags {
			if v, err := parse(strings.ReplaceAll(tag, "_", "+")); err == nil {
				versions = append(versions, v)
			}
		}
		if len(versions) > 0 { // Helm knows strict ones alone; Argo CD, for manifests, others as well
			break
		}
	}
	slices.SortStableFunc(versions, func(a, b *semver.Version) int { return b.Compare(a) })
	var out []string
	for _, v := range versions {
		out = append(out, v.Original())
	}
	return out
}

// isRange reports whether a version stands for the newest of several, as Argo CD and Helm decide it.
func isRange(version string) bool {
	if version == "" {
		return true
	}
	if _, err := semver.NewVersion(version); err == nil {
		return false
	}
	_, err := semver.NewConstraint(version)
	return err == nil
}

// isRelease reports whether a tag is a whole version, which nobody moves who means well.
func isRelease(tag string) bool {
	_, err := semver.StrictNewVersion(strings.TrimPrefix(strings.ReplaceAll(tag, "_", "+"), "v"))
	return err == nil
}

// resolve is the version, and with it the manifest, that a reference stands for.
func (n *Network) resolve(ctx context.Context, repository *remote.Repository, w wanted) (version string, manifest v1.Descriptor, err error) {
	version = w.Version
	if w.pinned {
		version = w.old.Resolved
	} else if isRange(version) {
		tags, err := n.tagsOf(ctx, repository)
		if err != nil {
			return "", manifest, err
		}
		if version, err = chosen(versionsIn(tags), version); err != nil {
			return "", manifest, err
		}
	}
	tag := strings.ReplaceAll(version, "+", "_")
	err = again(ctx, func() error {
		manifest, err = repository.Resolve(ctx, tag)
		return said(err, repository.Reference.Registry)
	})
	found := string(manifest.Digest)
	if missing(err) && w.old != nil && w.old.Resolved == version {
		err, found = nil, ""
	}
	switch moved := err == nil && w.old != nil && w.old.Resolved == version && w.old.Manifest != found; {
	case moved && w.pinned && !isRelease(tag): // such as latest: what the lock has may be there still
		err = again(ctx, func() error {
			manifest, err = repository.Resolve(ctx, w.old.Manifest)
			return said(err, repository.Reference.Registry)
		})
		if missing(err) {
			err = &Moved{"tag " + tag, w.old.Manifest, found}
		}
	case moved && (isRelease(tag) || found == ""):
		err = &Moved{"tag " + tag, w.old.Manifest, found}
	}
	return version, manifest, err
}

// oci fetches an artifact of a registry: a chart as it is packed, and of all others the files in it.
func (n *Network) oci(ctx context.Context, w wanted) (source.Locked, error) {
	repository, err := n.repository(w.URL)
	if err != nil {
		return source.Locked{}, err
	}
	version, described, err := n.resolve(ctx, repository, w)
	if err != nil {
		return source.Locked{}, err
	}
	got := source.Locked{Reference: w.Reference, Resolved: version, Manifest: string(described.Digest)}
	same := w.old != nil && w.old.Manifest == got.Manifest
	if same && w.has() {
		got.Digest = w.old.Digest
		return got, nil
	}
	manifest, err := n.manifest(ctx, repository, described)
	if err != nil {
		return source.Locked{}, err
	}
	layer, chart, err := layerOf(manifest)
	if err != nil {
		return source.Locked{}, err
	}
	limit := n.limits().Tree
	if chart {
		limit = n.limits().Chart
	}
	out, err := n.layer(ctx, repository, layer, w.cache, limit)
	if err != nil {
		return source.Locked{}, err
	}
	defer out.Discard()
	got.Digest = out.Digest()
	if chart {
		err = checkChart(out.Content())
	} else {
		var tree *cache.Writer
		if tree, got.Digest, err = unpackedTree(w.cache, out.Content()); err == nil {
			defer tree.Discard()
			out = tree
		}
	}
	if err != nil {
		return source.Locked{}, err
	}
	return got, w.commit(out, got.Digest, "version "+version, same)
}

// manifest gets a manifest, and verifies it.
func (n *Network) manifest(ctx context.Context, repository *remote.Repository, described v1.Descriptor) (m v1.Manifest, err error) {
	if described.Size > maxManifest {
		return m, fmt.Errorf("its manifest is larger than %d MiB", maxManifest>>20)
	}
	if described.MediaType == v1.MediaTypeImageIndex || strings.Contains(described.MediaType, "manifest.list") {
		return m, errors.New("it is a list of images for several platforms: expected a chart, or manifests")
	}
	var data []byte
	err = again(ctx, func() error {
		data, err = content.FetchAll(ctx, repository, described)
		if errors.Is(err, content.ErrMismatchedDigest) {
			return fmt.Errorf("expected the manifest %s, found another one", described.Digest)
		}
		return broken(said(err, repository.Reference.Registry))
	})
	if err != nil {
		return m, err
	}
	if json.Unmarshal(data, &m) != nil {
		return m, errors.New("its manifest is not JSON")
	}
	return m, nil
}

// layerOf is the layer with the content, and whether it is a chart.
func layerOf(m v1.Manifest) (layer v1.Descriptor, chart bool, err error) {
	if len(m.Layers) > maxLayers {
		return layer, false, fmt.Errorf("expected at most %d layers, found %d", maxLayers, len(m.Layers))
	}
	var found []v1.Descriptor
	chart = m.Config.MediaType == helmConfig
	for _, l := range m.Layers {
		packed := strings.HasSuffix(l.MediaType, "tar") || strings.HasSuffix(l.MediaType, "tar+gzip") || strings.HasSuffix(l.MediaType, "tar.gzip")
		switch isChart := l.MediaType == helmContent || l.MediaType == helmLegacy; {
		case isChart:
			chart = true
			found = append(found, l)
		case chart: // a signature of it
		case packed && !slices.Contains(unpacked, l.MediaType):
			return layer, false, fmt.Errorf("it has a layer of the type %s, which Argo CD does not unpack", syntax.Quote(l.MediaType))
		case packed:
			found = append(found, l)
		}
	}
	if len(found) != 1 {
		return layer, false, fmt.Errorf("expected one layer with a chart or manifests, found %d", len(found))
	}
	return found[0], chart, nil
}

// layer gets a layer into the cache, without a name yet, and verifies it.
func (n *Network) layer(ctx context.Context, repository *remote.Repository, layer v1.Descriptor, c *cache.Cache, limit int64) (out *cache.Writer, err error) {
	if layer.Size > limit {
		return nil, fmt.Errorf("it is larger than %d MiB", limit>>20)
	}
	err = again(ctx, func() error {
		ctx, cancel := context.WithCancelCause(ctx)
		body, err := repository.Blobs().Fetch(ctx, layer)
		if err != nil {
			cancel(nil)
			return said(err, repository.Reference.Registry)
		}
		body = newSteady(body, cancel, n.limits().Stall)
		defer body.Close()
		out, err = written(c, body, limit)
		return err
	})
	if err != nil {
		return nil, err
	}
	if found := out.Digest(); string(found) != string(layer.Digest) {
		out.Discard()
		return nil, fmt.Errorf("expected the content %s, found %s", layer.Digest, found)
	}
	return out, nil
}

// unpackedTree writes an archive as a tree into the cache, without a name yet.
func unpackedTree(c *cache.Cache, archive io.ReaderAt) (*cache.Writer, source.Digest, error) {
	out, err := c.Create(2 * source.MaxTreeBytes)
	if err != nil {
		return nil, "", err
	}
	tree := source.NewTreeWriter(out)
	err = unpack(io.NewSectionReader(archive, 0, 1<<62), tree)
	if err == nil {
		var digest source.Digest
		if digest, err = tree.Close(); err == nil {
			return out, digest, nil
		}
	}
	out.Discard()
	return nil, "", err
}
