package cli_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// template is what the charts of scripts render.
const template = `{apiVersion: v1, kind: ConfigMap, metadata: {name: "{{ .Release.Name }}"}, data: {chart: {{ .Chart.Version }}, port: "{{ .Values.port }}"}}
`

// charts is a command of scripts: charts FOLDER NAME VERSION... makes a repository of charts, with these versions of one chart. A version
// that ends in ! has another content.
func charts(ts *testscript.TestScript, _ bool, args []string) {
	folder, name := ts.MkAbs(args[0]), args[1]
	ts.Check(os.MkdirAll(folder, 0o755))
	var index strings.Builder
	fmt.Fprintf(&index, "apiVersion: v1\nentries:\n  %s:\n", name)
	for _, version := range args[2:] {
		version, other := strings.CutSuffix(version, "!")
		text := fmt.Sprintf("apiVersion: v2\nname: %s\nversion: %s\n", name, version)
		if other {
			text += "description: other\n"
		}
		var b bytes.Buffer
		z, err := gzip.NewWriterLevel(&b, gzip.NoCompression) // the same bytes with each Go
		ts.Check(err)
		w := tar.NewWriter(z)
		for _, file := range [][2]string{{"Chart.yaml", text}, {"values.yaml", "port: 80\n"}, {"templates/a.yaml", template}} {
			ts.Check(w.WriteHeader(&tar.Header{Name: name + "/" + file[0], Mode: 0o644, Size: int64(len(file[1]))}))
			_, err = w.Write([]byte(file[1]))
			ts.Check(err)
		}
		ts.Check(w.Close())
		ts.Check(z.Close())
		file := name + "-" + version + ".tgz"
		ts.Check(os.WriteFile(filepath.Join(folder, file), b.Bytes(), 0o644))
		fmt.Fprintf(&index, "  - version: %s\n    digest: %x\n    urls: [%s]\n", version, sha256.Sum256(b.Bytes()), file)
	}
	ts.Check(os.WriteFile(filepath.Join(folder, "index.yaml"), []byte(index.String()), 0o644))
}
