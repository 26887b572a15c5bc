package kinds

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/diff"
	"github.com/hippotion/roster/internal/images"
	"github.com/hippotion/roster/internal/lint/models/deployed"
)

var image = &diff.Kind{
	Name:    "image",
	Words:   []string{"image"},
	Summary: "A container gets another image",
	Find:    findImages,
}

// imageUse is a place in an object that names an image.
type imageUse struct {
	id        diff.ID
	container string // empty for what is not a pod
}

func (u imageUse) String() string {
	if u.container == "" {
		return u.id.String()
	}
	return u.id.String() + " (container " + u.container + ")"
}

// imageChange is an image that takes the place of another one.
type imageChange struct{ from, to string }

// words are what a line has that changes the image.
func (c imageChange) words() []string {
	out := []string{c.to}
	if image, ok := images.Parse(c.to); ok {
		for _, part := range []string{image.Tag, image.Digest} {
			if part != "" {
				out = append(out, part)
			}
		}
	}
	return out
}

func findImages(c *diff.Change, found func(diff.Consequence)) {
	uses := map[imageChange][]imageUse{}
	var changes []imageChange
	for _, p := range c.Pairs {
		for _, u := range imageUses(c, p) {
			if uses[u.imageChange] == nil {
				changes = append(changes, u.imageChange)
			}
			uses[u.imageChange] = append(uses[u.imageChange], u.imageUse)
		}
	}
	for _, change := range changes {
		weight, text, details := change.judge()
		of := uses[change]
		slices.SortFunc(of, func(a, b imageUse) int { return cmp.Compare(a.String(), b.String()) })
		at := of[0].String()
		if len(of) > 1 {
			at = fmt.Sprintf("%s and %s more", at, diag.Thousands(len(of)-1))
			for _, u := range of[:min(len(of), mostImageUses)] {
				details = append(details, u.String())
			}
		}
		var ids []diff.ID
		for _, u := range of {
			ids = append(ids, u.id)
		}
		found(diff.Consequence{Word: "image", Weight: weight, Subject: of[0].String(), Message: text + " in " + at, Details: details, Objects: slices.Compact(ids), About: change.words()})
	}
}

const mostImageUses = 10 // that are listed of one change

type usedImage struct {
	imageChange
	imageUse
}

// imageUses are the images that change in an object which is on both sides.
func imageUses(c *diff.Change, p *diff.Pair) []usedImage {
	if p.Before == nil || p.After == nil {
		return nil
	}
	before, after := podOf(c.Before, p.Before), podOf(c.After, p.After)
	if before == nil || after == nil {
		old, now := images.Of(p.Before.Content()), images.Of(p.After.Content())
		gone := slices.DeleteFunc(slices.Clone(old), func(i string) bool { return slices.Contains(now, i) })
		come := slices.DeleteFunc(slices.Clone(now), func(i string) bool { return slices.Contains(old, i) })
		if len(gone) != 1 || len(come) != 1 { // it is not known which one takes the place of which
			return nil
		}
		return []usedImage{{imageChange{gone[0], come[0]}, imageUse{id: p.ID}}}
	}
	old := map[string]string{}
	for _, container := range before.Containers() {
		old[container.Name] = container.Image
	}
	var out []usedImage
	for _, container := range after.Containers() {
		if was := old[container.Name]; was != "" && container.Image != "" && was != container.Image {
			out = append(out, usedImage{imageChange{was, container.Image}, imageUse{p.ID, container.Name}})
		}
	}
	return out
}

// podOf is the template of the pods of an object; nil when it has none, or when it cannot be read.
func podOf(cluster *diff.Cluster, o *diff.Object) *deployed.Pod {
	if cluster.Context == nil || o == nil || o.Deployed == nil {
		return nil
	}
	return cluster.Context.Deployed.Readable()[o.Deployed]
}

// judge says what a change of an image means.
func (c imageChange) judge() (diff.Weight, string, []string) {
	before, readable := images.Parse(c.from)
	after, alsoReadable := images.Parse(c.to)
	switch {
	case !readable || !alsoReadable:
		return diff.Notice, fmt.Sprintf("image %s → %s", diag.Beginning(c.from, longestImage), diag.Beginning(c.to, longestImage)), nil
	case before == after: // written in another way
		return diff.Plain, fmt.Sprintf("image %s, now written as %s,", c.from, c.to), nil
	case before.Registry() != after.Registry():
		return diff.Notice, fmt.Sprintf("image %s → %s, from another registry,", c.from, c.to), nil
	case before.Repository != after.Repository:
		return diff.Notice, fmt.Sprintf("image %s → %s, from another repository,", c.from, c.to), nil
	}
	name, _, _ := strings.Cut(c.from, "@")
	name = strings.TrimSuffix(name, ":"+before.Tag)
	text := fmt.Sprintf("image %s %s → %s", name, imageVersion(before, after), imageVersion(after, before))
	switch {
	case before.Tag == after.Tag && before.Digest != "" && after.Digest != "":
		return diff.Plain, text + ", another digest of the same tag,", nil
	case floats(after) && !floats(before):
		return diff.Notice, text, []string{"the new tag may mean another image each time that it is pulled"}
	case before.Digest != "" && after.Digest == "":
		return diff.Notice, text, []string{"the image was pinned by its digest, and is not any more"}
	}
	return diff.Plain, text, nil
}

const longestImage = 120 // characters of a name that is shown

// imageVersion is what tells an image from another one of the same repository.
func imageVersion(of, from images.Image) string {
	digest := of.Digest
	if algorithm, sum, ok := strings.Cut(digest, ":"); ok {
		digest = "@" + algorithm + ":" + sum[:12] // a digest has at least 64 characters
	}
	switch {
	case of.Tag == "" && digest == "":
		return "latest"
	case of.Tag == from.Tag && of.Digest != "":
		return cmp.Or(of.Tag, "") + digest
	}
	return cmp.Or(of.Tag, digest)
}

// floats reports whether the name of an image is meant to lead to newer ones.
func floats(i images.Image) bool {
	return i.Digest == "" && slices.Contains([]string{"", "latest", "main", "master", "edge", "nightly", "stable", "dev", "rolling", "lts"}, i.Tag)
}
