// Package buildversion reports which version a program is.
package buildversion

import "runtime/debug"

// String is what the Go toolchain recorded: the tag for a release, the commit for a build from a checkout.
func String() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "(unknown)"
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && info.Main.Version == "(devel)" {
			return "(devel) " + s.Value[:min(12, len(s.Value))]
		}
	}
	return info.Main.Version
}
