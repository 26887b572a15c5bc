package app

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"

	"github.com/hippotion/roster/catalog/apps/builtin"
	"github.com/hippotion/roster/internal/lazy"
)

// pods are what others have to know of the application's pods, as the templates make them: lint compares both in the example upkeep.
func (c *checker) pods() *builtin.Pods {
	p := &builtin.Pods{Labels: map[string]string{nameLabel: c.name}, User: c.user()}
	p.Group = p.User
	if c.Group != nil {
		p.Group = *c.Group
	}
	for path, in := range c.all() {
		if len(path) > 0 && path[0] == "initContainers" {
			continue
		}
		for _, port := range c.portsOf(in, nil) {
			if port.Protocol == "TCP" {
				p.Ports = append(p.Ports, builtin.Port{Name: port.name, Number: port.Port})
			}
		}
	}
	for _, path := range sorted(c.Volumes) {
		p.Claims = append(p.Claims, c.claimsOf(path)...)
	}
	return p
}

// claimsOf are the names of the claims of a volume: one, or one for each pod.
func (c *checker) claimsOf(path string) []string {
	v := c.Volumes[path]
	switch {
	case v.Claim != "":
		return []string{v.Claim}
	case v.Size == "":
		return nil
	case c.Kind != "StatefulSet":
		return []string{c.name + "-" + volumeName(path)}
	}
	var out []string
	for i := range min(max(c.Replicas, 1), 100) {
		out = append(out, volumeName(path)+"-"+c.name+"-"+strconv.Itoa(i))
	}
	return out
}

var (
	notInNames = lazy.Regexp("[^a-z0-9]+")
	plainPath  = lazy.Regexp("^(/[a-z0-9]+)+$")
)

// volumeName is the name of a volume, as the template volume has it.
func volumeName(path string) string {
	words := notInNames().ReplaceAllLiteralString(strings.ToLower(path), "-")
	words = strings.Trim(words[:min(len(words), 40)], "-")
	if plainPath().MatchString(path) && len(path) <= 41 {
		return words
	}
	sum := sha256.Sum256([]byte(path))
	return strings.TrimPrefix(words+"-"+hex.EncodeToString(sum[:])[:8], "-")
}

// user is as what the pods run; 0 for root, and for the image's own, which is unknown.
func (c *checker) user() int {
	if len(c.User) == 0 {
		return 1000
	}
	n, _ := strconv.Atoi(strings.Trim(string(c.User), "\""))
	return n
}
