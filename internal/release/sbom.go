package main

import (
	"bytes"
	"crypto/sha256"
	"debug/buildinfo"
	"encoding/hex"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	cdx "github.com/CycloneDX/cyclonedx-go"
	"github.com/google/uuid"
)

const website = "https://github.com/hippotion/roster"

// program is one that is shipped.
type program struct {
	name string
	path string // of the file
	data []byte
}

func readProgram(name, path string) (program, error) {
	data, err := os.ReadFile(path)
	return program{name, path, data}, err
}

// bom is a list of parts in the format CycloneDX.
type bom struct {
	parts []cdx.Component
	needs []cdx.Dependency
	known map[string]bool
}

// add adds a part, once.
func (b *bom) add(c cdx.Component) {
	if b.known[c.BOMRef] {
		return
	}
	if b.known == nil {
		b.known = map[string]bool{}
	}
	b.known[c.BOMRef] = true
	b.parts = append(b.parts, c)
}

// programs adds programs with all that their own build information says is in them, and the licences that were found for it.
func (b *bom) programs(of []program, licences []component) error {
	for _, p := range of {
		info, err := buildinfo.ReadFile(p.path)
		if err != nil {
			return err
		}
		sum := sha256.Sum256(p.data)
		self := cdx.Component{
			BOMRef: p.name, Type: cdx.ComponentTypeApplication, Name: p.name, Version: info.Main.Version,
			PackageURL: "pkg:golang/" + info.Main.Path + "@" + info.Main.Version + "#cmd/" + p.name,
			Licenses:   expression([]string{"Apache-2.0"}),
			Hashes:     &[]cdx.Hash{{Algorithm: cdx.HashAlgoSHA256, Value: hex.EncodeToString(sum[:])}},
		}
		var settings []cdx.Property
		for _, s := range info.Settings {
			settings = append(settings, cdx.Property{Name: "go:build:" + s.Key, Value: s.Value})
		}
		self.Properties = &settings
		b.add(self)
		std := cdx.Component{
			BOMRef: "pkg:golang/std@" + strings.TrimPrefix(info.GoVersion, "go"), Type: cdx.ComponentTypeLibrary, Name: "std",
			Version: strings.TrimPrefix(info.GoVersion, "go"), Licenses: expression([]string{"BSD-3-Clause"}),
		}
		std.PackageURL = std.BOMRef
		b.add(std)
		needs := []string{std.BOMRef}
		for _, d := range info.Deps {
			path, version, sum := d.Path, d.Version, d.Sum
			if d.Replace != nil {
				path, version, sum = d.Replace.Path, d.Replace.Version, d.Replace.Sum
			}
			part := library(path, version, licencesOf(licences, path, version))
			part.Properties = &[]cdx.Property{{Name: "go:sum", Value: sum}}
			b.add(part)
			needs = append(needs, part.BOMRef)
		}
		b.needs = append(b.needs, cdx.Dependency{Ref: self.BOMRef, Dependencies: &needs})
	}
	return nil
}

// library is a Go module as a part.
func library(path, version string, licences []string) cdx.Component {
	url := "pkg:golang/" + path + "@" + version
	return cdx.Component{BOMRef: url, Type: cdx.ComponentTypeLibrary, Name: path, Version: version, PackageURL: url, Licenses: expression(licences)}
}

func licencesOf(all []component, path, version string) []string {
	at := slices.IndexFunc(all, func(c component) bool { return c.path == path && c.version == version })
	if at < 0 {
		return nil
	}
	return all[at].licences
}

// expression is several licences that apply to different files: all of them.
func expression(licences []string) *cdx.Licenses {
	if len(licences) == 0 {
		return nil
	}
	return &cdx.Licenses{{Expression: strings.Join(licences, " AND ")}}
}

// encode returns the list as JSON. Its number follows from its content, so that the same content is the same file.
func (b *bom) encode(subject string, c checkout) ([]byte, error) {
	out := cdx.NewBOM()
	out.Metadata = &cdx.Metadata{
		Timestamp: c.time.Format(time.RFC3339),
		Component: &cdx.Component{BOMRef: subject, Type: cdx.ComponentTypeApplication, Name: subject, Version: c.version, Licenses: expression([]string{"Apache-2.0"}),
			ExternalReferences: &[]cdx.ExternalReference{{URL: website, Type: cdx.ERTypeVCS}}},
	}
	slices.SortFunc(b.parts, func(x, y cdx.Component) int { return strings.Compare(x.BOMRef, y.BOMRef) })
	out.Components, out.Dependencies = &b.parts, &b.needs
	var text bytes.Buffer
	for _, last := range []bool{false, true} {
		text.Reset()
		if err := cdx.NewBOMEncoder(&text, cdx.BOMFileFormatJSON).SetPretty(true).SetEscapeHTML(false).EncodeVersion(out, cdx.SpecVersion1_6); err != nil {
			return nil, err
		}
		if !last {
			out.SerialNumber = "urn:uuid:" + uuid.NewSHA1(uuid.NameSpaceURL, text.Bytes()).String()
		}
	}
	return text.Bytes(), nil
}

// bomName is the file beside an archive or an image.
func bomName(of string) string { return strings.TrimSuffix(filepath.Base(of), ".tar.gz") + ".cdx.json" }
