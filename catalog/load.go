// Package catalog reads what is to run in a cluster, applications.yml with platform.yml and profiles/ beside it, into a
// Platform in which every name is bound and every default applied.
//
// All mistakes of the input are found here, and reported with their place; later stages cannot fail because of the
// input. The package reads through the file system that it is given, and nothing else: no environment, no network. It
// does not know what objects a platform becomes.
package catalog

import (
	"errors"
	"io/fs"
	"path"
	"reflect"
	"slices"
	"strings"

	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/syntax"
	"github.com/hippotion/roster/profiles"
)

// The files that make up the input, in the folder that the user names.
const (
	ApplicationsFile = "applications.yml"
	PlatformFile     = "platform.yml"
	ProfilesDir      = "profiles"
)

// Options are what the caller knows, besides the files.
type Options struct {
	// RepoURL and Revision are those of the repository that holds the list, for a platform.yml that does not set them.
	RepoURL, Revision string
	// TopIsRoot says that the top of fsys is the root of the Git repository: repository.root must lead there.
	TopIsRoot bool
	// Asked says that only what one Application deploys is wanted: the one of that name, in the Argo CD of that cluster or, by its code, on that
	// cluster. When Application is empty, it is the root. Then the sources of all others are not looked into, and the files that they name
	// need not be there, unless AllSources is set.
	Asked, AllSources    bool
	Cluster, Application string
	// NewCopies says that the folder for copies may be missing: it is about to be made.
	NewCopies bool
}

// Reading is what Read found.
type Reading struct {
	Clusters []Resolved // by name; nil when there are mistakes
	Number   int        // of clusters in the list
	Mistakes diag.List  // in order
	// Target is what the Application that is asked for deploys.
	Target Target
	// Unread reports that a file of the list is missing, or could not be read as YAML: then there are no other mistakes.
	Unread bool
	// Root is the repository's root, relative to the top of the file system; Folder is that of the list, relative to the root. Both
	// are known also when there are mistakes: all places are relative to the root.
	Root, Folder string
}

// Resolved is the list as it is on one cluster.
type Resolved struct {
	Platform *Platform
	Order    Order // of its applications
}

// Read reads the list in folder dir of fsys, for each of its clusters. Nothing outside of fsys is read, so fsys must be the repository
// (or what part of it may be trusted), and must itself keep symbolic links from leading out, as os.Root does. An error means that a
// file is there but could not be read, or that the options name an unknown cluster.
//
// All places, in the platforms as in the mistakes, are relative to the repository's root, which is the top of fsys unless
// repository.root of platform.yml says otherwise.
func Read(fsys fs.FS, dir string, options Options) (Reading, error) {
	var diags diag.List
	f := &files{fsys: fsys, dir: path.Clean(dir), root: ".", diags: &diags, sources: map[string]*localSource{}, matched: map[string]matching{}}
	in, err := f.platform(options.TopIsRoot)
	if err != nil {
		return Reading{}, err
	}
	out := Reading{Root: f.root, Folder: f.here()}
	f.reads = out.Folder
	list, err := f.list(in)
	if err != nil {
		return Reading{}, err
	}
	cs := clustersOf(in)
	views, where, placed := cs.views(list.entries)
	mesh := meshOf(in, &cs, views)
	wanted := cs.all
	out.Number = len(cs.all)
	if options.Asked {
		if wanted, out.Target, err = cs.wanted(options, where); err != nil && len(diags) == 0 {
			return out, err
		}
	} else if options.Cluster != "" && cs.byName[options.Cluster] == nil && len(diags) == 0 {
		return out, cs.unknown(options.Cluster)
	}
	if cs.tooLarge {
		wanted = nil
	}
	found := newFindings(diags)
	known := profileSets{files: f}
	sizes := newSizes(placed)
	for _, c := range wanted {
		diags = nil
		s := settingsOf(c, &cs, f, options, out.Target)
		if s.profiles, err = known.load(s.names()); err != nil {
			return Reading{}, err
		}
		platform, order := resolve(entriesOf(views[c.name]), s, surroundings{complete: list.complete, cluster: c.name, where: where, mesh: mesh}, sizes)
		out.Clusters = append(out.Clusters, Resolved{platform, order})
		found.add(c.name, diags)
	}
	for _, c := range out.Clusters {
		c.Platform.Repository.Reads = f.reads
	}
	if diags = found.merged(len(cs.all), where); len(diags) > 0 {
		out.Clusters, out.Mistakes = nil, diags.Sorted()
		out.Unread = list.unread || in.unread || slices.ContainsFunc(diags, func(d diag.Diagnostic) bool { return slices.Contains(unreadable, d.Code) })
	}
	return out, nil
}

// profileSets are the profiles of clusters: many have the same.
type profileSets struct {
	files *files
	names []profiles.Names
	sets  []profiles.Set
}

func (p *profileSets) load(names profiles.Names) (profiles.Set, error) {
	for i := range p.names {
		if reflect.DeepEqual(p.names[i], names) {
			return p.sets[i], nil
		}
	}
	f := p.files
	set, err := profiles.Load(f.fsys, path.Join(f.dir, ProfilesDir), f.shown(ProfilesDir), names, f.diags)
	p.names, p.sets = append(p.names, names), append(p.sets, set)
	return set, err
}

// platform reads platform.yml, and finds the root of the repository, from which all places are seen.
func (f *files) platform(topIsRoot bool) (*platformInput, error) {
	in := &platformInput{}
	doc, missing, err := f.open(guided(PlatformFile), path.Join(f.dir, PlatformFile), f.shown(PlatformFile))
	if err != nil {
		return nil, err
	}
	if doc != nil {
		doc.Decode(in)
	}
	in.doc, in.unread = doc, doc == nil && !missing
	f.root = f.rootOf(in.Repository.Root, topIsRoot)
	if doc != nil {
		doc.File = f.shown(PlatformFile)
	}
	for i := range *f.diags {
		(*f.diags)[i].Pos.File = f.shown(PlatformFile)
	}
	return in, nil
}

// unreadable are the codes of mistakes that leave nothing of a file, or of a profile, to check.
var unreadable = []string{"missing-file", "bad-encoding", "yaml-syntax", "empty"}

// Load is Read for callers that need no more than the platform of one cluster, the first, and the mistakes.
func Load(fsys fs.FS, dir string, options Options) (*Platform, diag.List, error) {
	in, err := Read(fsys, dir, options)
	if len(in.Clusters) == 0 {
		return nil, in.Mistakes, err
	}
	return in.Clusters[0].Platform, in.Mistakes, err
}

// open parses one file of the input, which messages name as shown. The document is nil when there is none, or when it is not YAML, which
// is reported.
func (f *files) open(as syntax.Guided, name, shown string) (doc *syntax.Document, missing bool, err error) {
	doc, err = as.Read(f.fsys, name, shown, f.diags)
	if !errors.Is(err, fs.ErrNotExist) {
		return doc, false, err
	}
	other := strings.TrimSuffix(name, ".yml") + ".yaml"
	if _, err := fs.Stat(f.fsys, other); err != nil {
		return nil, true, nil
	}
	f.diags.Add(diag.Diagnostic{Pos: diag.Position{File: shown}, Code: "missing-file", Message: "the file is named " + path.Base(other) + ": it would not be read",
		Hint: "rename " + path.Base(other)})
	return nil, false, nil
}
