package diff

import (
	"io/fs"
	"path"
	"slices"
	"sort"
	"strings"
)

// clues say which of the lines that differ in some files have made an object what it is, where no engine tells. They are what a person would look
// for: the document that defines or patches the object, and lines with what is different in it.
type clues struct {
	hunks   []clue
	defined map[definition][]site
	words   map[string][]int // places in hunks
	looked  int              // how many files were read that do not differ
}

// clue is a hunk of a file.
type clue struct {
	hunk
	file    string
	defines bool // whether it is in documents that define objects
}

type definition struct{ kind, name string }

// site is the part of a hunk from a line of a side on.
type site struct{ hunk, side, first int }

const (
	longestLine = 4096 // bytes; longer ones are no clue
	mostLeaves  = 500  // of an object, that are looked for
	mostParts   = 12   // of an object's name, from each of which on the name in a file may begin
)

// clues are those of some files.
func (f *files) clues(names []string) *clues {
	key := strings.Join(names, "\x00")
	if k := f.guesses[key]; k != nil {
		return k
	}
	k := &clues{defined: map[definition][]site{}, words: map[string][]int{}}
	for _, name := range names {
		if !slices.Contains([]string{".md", ".markdown"}, path.Ext(name)) { // they are for people
			k.add(f, name)
		}
	}
	f.guesses[key] = k
	return k
}

func (k *clues) add(f *files, name string) {
	first := len(k.hunks)
	for _, h := range f.hunks(name) {
		k.hunks = append(k.hunks, clue{hunk: h, file: name})
	}
	for side := range f.sides {
		text := f.lines(side, name)
		documents := documentsOf(name, text)
		for i := first; i < len(k.hunks); i++ {
			r := k.hunks[i].of(side)
			lines := text[min(r.first-1, len(text)):min(r.first-1+r.count, len(text))]
			k.read(i, lines)
			if kustomization(name) {
				for j, line := range lines {
					k.listed(f, site{i, side, r.first + j}, path.Dir(name), string(line))
				}
			}
			at := sort.Search(len(documents), func(j int) bool { return documents[j].end > r.first })
			for ; r.count > 0 && at < len(documents) && documents[at].first < r.first+r.count; at++ {
				if d := documents[at]; d.kind != "" {
					k.hunks[i].defines = true
					k.defined[d.definition] = append(k.defined[d.definition], site{i, side, max(d.first, r.first)})
				}
			}
		}
	}
}

// listed notes what is defined in a file that a line of a kustomization lists, or in those of a folder.
func (k *clues) listed(f *files, at site, folder, line string) {
	entry, ok := strings.CutPrefix(strings.TrimSpace(line), "- ")
	name := path.Join(folder, strings.Trim(strings.TrimSpace(entry), `"'`))
	if !ok || f.sides[at.side].Files == nil || !fs.ValidPath(name) {
		return
	}
	names := []string{name}
	if inside, err := fs.ReadDir(f.sides[at.side].Files, name); err == nil {
		names = nil
		for _, e := range inside {
			names = append(names, path.Join(name, e.Name()))
		}
	}
	for _, name := range names {
		if k.looked++; k.looked > mostFiles {
			return
		}
		if ext := path.Ext(name); (ext == ".yaml" || ext == ".yml") && len(f.hunks(name)) == 0 {
			for _, d := range documentsOf(name, f.lines(at.side, name)) {
				if d.kind != "" {
					k.defined[d.definition] = append(k.defined[d.definition], at)
				}
			}
		}
	}
}

// read notes the words of the lines of a hunk.
func (k *clues) read(hunk int, lines [][]byte) {
	for _, line := range lines {
		if len(line) > longestLine {
			continue
		}
		for _, word := range wordsOf(string(line)) {
			if of := k.words[word]; len(of) == 0 || of[len(of)-1] != hunk {
				k.words[word] = append(of, hunk)
			}
		}
	}
}

// causes are the lines that have changed an object, as far as there are clues; if there are none, all that are not about other objects.
func (k *clues) causes(f *files, both [2]*Object) (out []Cause) {
	sites := k.sites(both)
	matching := k.matching(both)
	cause := func(i int) Cause { return f.cause(k.hunks[i].hunk, k.hunks[i].file, 1) }
	at := func(s site) Cause { return f.causeFrom(k.hunks[s.hunk].hunk, s, k.hunks[s.hunk].file, shownOf(both)) }
	for _, s := range sites {
		if matching[s.hunk] {
			out = append(out, at(s))
		}
	}
	found := len(out) > 0
	for i := range k.hunks {
		if matching[i] && !k.hunks[i].defines {
			out = append(out, cause(i))
		}
	}
	for _, s := range sites {
		if !found {
			out = append(out, at(s))
		}
	}
	if len(out) > 0 {
		return out
	}
	for _, fit := range []func(clue) bool{
		func(c clue) bool { return kustomization(c.file) },
		func(c clue) bool { return !c.defines },
		func(clue) bool { return true },
	} {
		for i, c := range k.hunks {
			if len(out) < mostCauses && fit(c) {
				out = append(out, cause(i))
			}
		}
		if len(out) > 0 {
			break
		}
	}
	return out
}

// sites are where an object is defined or patched: under its own name, or under a part of it, since Kustomize adds to names. A template of a chart
// defines what was made from it.
func (k *clues) sites(both [2]*Object) (out []site) {
	seen := map[site]bool{}
	add := func(s site) {
		if !seen[site{s.hunk, 0, s.first}] {
			seen[site{s.hunk, 0, s.first}] = true
			out = append(out, s)
		}
	}
	for _, side := range []int{1, 0} {
		o := both[side]
		if o == nil || both[1] != nil && side == 0 {
			continue
		}
		parts := strings.Split(o.Name, "-")
		for size := min(len(parts), mostParts); size > 0 && len(out) == 0; size-- {
			for i := 0; i+size <= min(len(parts), mostParts); i++ {
				for _, s := range k.defined[definition{o.Kind, strings.Join(parts[i:i+size], "-")}] {
					add(s)
				}
			}
		}
		for i := range k.hunks {
			if k.hunks[i].file == o.At.Pos.File && path.Ext(o.At.Pos.File) != "" && !kustomization(o.At.Pos.File) {
				add(site{i, side, k.hunks[i].of(side).first})
			}
		}
	}
	return out
}

func kustomization(name string) bool {
	return slices.Contains([]string{"kustomization.yaml", "kustomization.yml"}, path.Base(name))
}

// matching are the hunks with what is different in an object.
func (k *clues) matching(both [2]*Object) map[int]bool {
	out := map[int]bool{}
	leaves := 0
	note := func(word string) {
		for _, i := range k.words[word] {
			out[i] = true
		}
	}
	p := Pair{Before: both[0], After: both[1]}
	if both[0] == nil || both[1] == nil {
		return out
	}
	p.ID = both[1].ID
	for _, d := range p.Fields() {
		if d.Noise != "" {
			continue
		}
		for _, value := range []any{d.From, d.To} {
			eachLeaf(lastKey(d.Path), value, func(key, text string) {
				if leaves++; leaves > mostLeaves {
					return
				}
				note(key + ": " + text)
				for line := range strings.Lines(text) {
					for _, word := range rare(strings.TrimSpace(line)) {
						note(word)
					}
				}
			})
		}
	}
	return out
}
