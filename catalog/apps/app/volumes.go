package app

import (
	"slices"
	"strings"
)

// sources are what the volume can be, by their keys.
func (v *volume) sources() []string {
	var out []string
	for _, s := range []struct{ key, value string }{{"size", v.Size}, {"claim", v.Claim}, {"secret", v.Secret}, {"config", v.Config},
		{"emptyDir", v.EmptyDir}, {"memory", v.Memory}, {"hostPath", v.HostPath}, {"nfs", v.NFS}} {
		if s.value != "" && !(s.key == "claim" && v.Size != "") { // that is the name of the claim
			out = append(out, s.key)
		}
	}
	return out
}

// single reports whether the volume is a claim for the pods of one node, or for one pod.
func (v *volume) single() bool {
	return (v.Size != "" || v.Claim != "") && (v.AccessMode == "" || strings.HasPrefix(v.AccessMode, "ReadWriteOnce"))
}

func (c *checker) checkVolumes() {
	claims := map[string]string{}
	for _, path := range sorted(c.Volumes) {
		v := c.Volumes[path]
		where := []string{"volumes", path}
		sources := v.sources()
		switch {
		case len(sources) == 0:
			c.add(where, "write one of size, claim, secret, config, emptyDir, memory, hostPath and nfs", "what the volume is, is missing")
			continue
		case len(sources) > 1:
			c.add(where, "remove all but one", "expected one of %s", strings.Join(sources, " and "))
			continue
		}
		c.checkOptions(where, &v, sources[0])
		if v.Size != "" && v.Claim != "" {
			if first := claims[v.Claim]; first != "" {
				c.add(at(where, "claim"), "choose another name", "the claim %q is that of %s", v.Claim, first)
			}
			claims[v.Claim] = path
		}
		c.checkShared(where, &v)
	}
	for path, m := range c.others() {
		for _, inside := range sorted(m.Mounts) {
			name := m.Mounts[inside].Volume
			if _, isVolume := c.Volumes[name]; !isVolume && c.Files[name] == nil {
				c.add(at(path, "mounts", inside), "add it to volumes or files", "the application has nothing at %q", name)
			}
		}
	}
}

// checkOptions finds keys that do not apply to the volume.
func (c *checker) checkOptions(where []string, v *volume, source string) {
	for _, o := range []struct {
		key     string
		set     bool
		sources []string
	}{
		{"storageClass", v.StorageClass != "", []string{"size"}},
		{"accessMode", v.AccessMode != "", []string{"size", "claim"}},
		{"keys", v.Keys != nil, []string{"secret", "config"}},
	} {
		if o.set && !slices.Contains(o.sources, source) {
			c.add(at(where, o.key), "remove it", "%s applies only to %s", o.key, strings.Join(o.sources, " and "))
		}
	}
}

// checkShared finds several pods with one claim that only one of them can have.
func (c *checker) checkShared(where []string, v *volume) {
	if c.Replicas < 2 || c.isJob() || v.Size == "" || !v.single() {
		return
	}
	switch {
	case c.Kind != "StatefulSet":
		c.add(where, "write kind: StatefulSet, where each pod has its own claim, or accessMode: ReadWriteMany",
			"%d pods cannot have one claim that is ReadWriteOnce", c.Replicas)
	case v.Claim != "":
		c.add(at(where, "claim"), "remove it", "%d pods have a claim each, with their own names", c.Replicas)
	}
}

// checkFiles finds files that would have one key in the ConfigMap, and those that would lie on a volume.
func (c *checker) checkFiles() {
	keys := map[string]string{}
	size := 0
	for _, path := range sorted(c.Files) {
		where := []string{"files", path}
		size += len(c.Files[path])
		key := strings.ReplaceAll(strings.TrimPrefix(path, "/"), "/", "_")
		first := keys[key]
		keys[key] = path
		_, taken := c.Volumes[path]
		switch {
		case taken:
			c.add(where, "remove one of them", "there is a volume at this path, too")
		case len(key) > 253:
			c.add(where, "choose a shorter path", "expected a path of at most 253 characters, found %d", len(key)+1)
		case strings.ContainsAny(key, "+@"):
			c.add(where, "write letters, digits, -, _ and .", "a file cannot be called that: it is a key of a ConfigMap")
		case first != "":
			c.add(where, "rename one of them", "%s would be the same key of the ConfigMap", first)
		}
	}
	if size > 1<<20 {
		c.add([]string{"files"}, "put it into the image, or on a volume", "a ConfigMap holds 1 MiB, and the files are larger")
	}
}
