package fetch

import (
	"archive/tar"
	"bufio"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"

	"github.com/hippotion/roster/internal/source"
	"github.com/hippotion/roster/internal/syntax"
)

// Bounds of a packed chart, which are Helm's (pkg/chart/loader/archive.go) where it has some.
const (
	maxUnpacked    = 100 << 20
	maxChartFiles  = 20_000
	maxArtifact    = 512 << 20
	maxInnerLevels = 64
)

// entries calls f for each file and link of an archive, packed with gzip or not, whose contents are at most so many bytes in all. Names
// that lead out, devices and the like are refused: nobody needs them who packs a chart or manifests.
func entries(archive io.Reader, most int64, f func(name string, h *tar.Header, content io.Reader) error) error {
	buffered := bufio.NewReader(archive)
	var plain io.Reader = buffered
	if magic, _ := buffered.Peek(2); len(magic) == 2 && magic[0] == 0x1f && magic[1] == 0x8b {
		unpacked, err := gzip.NewReader(buffered)
		if err != nil {
			return errNoArchive
		}
		plain = unpacked
	}
	left := &io.LimitedReader{R: plain, N: most}
	reader := tar.NewReader(left)
	for count := 0; ; count++ {
		h, err := reader.Next()
		switch {
		case left.N == 0:
			return fmt.Errorf("unpacked, it is larger than %d MiB", most>>20)
		case errors.Is(err, io.EOF) && count == 0:
			return errNoArchive
		case errors.Is(err, io.EOF):
			_, err := io.Copy(io.Discard, left) // the sum of what is packed stands at its end
			if err != nil {
				return errNoArchive
			}
			return nil
		case err != nil:
			return errNoArchive
		case count == maxChartFiles:
			return fmt.Errorf("it has more than %d files", maxChartFiles)
		}
		name := path.Clean(h.Name)
		if !fs.ValidPath(name) || strings.Contains(h.Name, `\`) || strings.Count(name, "/") > maxInnerLevels || hasDots(h.Name) {
			return fmt.Errorf("it has a file %s, which is not a path within it", syntax.Quote(h.Name))
		}
		switch h.Typeflag {
		case tar.TypeDir, tar.TypeXGlobalHeader:
			continue
		case tar.TypeReg, tar.TypeSymlink:
		default:
			return fmt.Errorf("its file %s is neither a file nor a folder", syntax.Quote(h.Name))
		}
		err = f(name, h, reader)
		if left.N == 0 {
			return fmt.Errorf("unpacked, it is larger than %d MiB", most>>20)
		}
		if err != nil {
			return err
		}
	}
}

func hasDots(name string) bool {
	for part := range strings.SplitSeq(name, "/") {
		if part == ".." {
			return true
		}
	}
	return false
}

var errNoArchive = errors.New("it is not an archive, or a damaged one")

// checkChart reports what is wrong with a packed chart for those who unpack it. What is in it is for Helm to say.
func checkChart(content io.ReaderAt) error {
	chart := false
	err := entries(io.NewSectionReader(content, 0, 1<<62), maxUnpacked, func(name string, h *tar.Header, r io.Reader) error {
		if h.Typeflag == tar.TypeSymlink {
			return fmt.Errorf("its file %s is a link", syntax.Quote(h.Name))
		}
		chart = chart || strings.Count(name, "/") == 1 && path.Base(name) == "Chart.yaml"
		_, err := io.Copy(io.Discard, r)
		if err != nil {
			return errNoArchive
		}
		return nil
	})
	if err == nil && !chart {
		err = errors.New("it is not a chart: there is no Chart.yaml in it")
	}
	return err
}

// unpack writes an archive as a tree. Links may lead to what is in the tree, and nowhere else.
func unpack(archive io.Reader, to *source.TreeWriter) error {
	return entries(archive, maxArtifact, func(name string, h *tar.Header, r io.Reader) error {
		if h.Typeflag == tar.TypeSymlink {
			if source.LeadsOut(name, h.Linkname) {
				return fmt.Errorf("its link %s leads out of it", syntax.Quote(h.Name))
			}
			return to.Add(name, fs.ModeSymlink, strings.NewReader(h.Linkname))
		}
		return to.Add(name, fs.FileMode(h.Mode)&0o777, r)
	})
}
