package osv

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/ossf/osv-schema/bindings/go/osvschema"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"google.golang.org/protobuf/encoding/protojson"

	"github.com/atoll-os/atoll/advisory"
	"github.com/atoll-os/atoll/internal/exporttest"
	"github.com/atoll-os/atoll/internal/golden"
	"github.com/atoll-os/atoll/internal/sample"
)

var exporter = exporttest.Exporter(Export)

func unzip(t *testing.T, data []byte) []advisory.File {
	t.Helper()
	r, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	var files []advisory.File
	for _, m := range r.File {
		in, err := m.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(in)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, advisory.File{Path: m.Name, Data: text})
	}
	return files
}

// The golden text has every file; JSON is indented to be read.
func TestExportGolden(t *testing.T) {
	var got bytes.Buffer
	for _, f := range exporter.Export(t, sample.Few()).Files {
		fmt.Fprintf(&got, "== %s\n", f.Path)
		if strings.HasSuffix(f.Path, ".zip") {
			for _, m := range unzip(t, f.Data) {
				fmt.Fprintln(&got, m.Path)
			}
			continue
		}
		if err := json.Indent(&got, f.Data, "", "  "); err != nil {
			t.Fatal(err)
		}
	}
	golden.Check(t, "testdata/few.txt", got.Bytes())
	if strings.Contains(got.String(), sample.Canary) {
		t.Error("a record that is not issued is in the export")
	}
}

// Every record satisfies OSV's own schema, and is read by the bindings that osv-scanner uses,
// which refuse a field that they do not know.
func TestRecordsAreOSV(t *testing.T) {
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	schema, err := compiler.Compile("testdata/osv-schema.json")
	if err != nil {
		t.Fatal(err)
	}
	items, err := Items(sample.Few())
	if err != nil {
		t.Fatal(err)
	}
	many, err := Items(sample.Public(300))
	if err != nil {
		t.Fatal(err)
	}
	project := sample.Project()
	hostile, err := Items(advisory.NewCollection(project, sample.HostileTexts()).Public(sample.Date))
	if err != nil {
		t.Fatal(err)
	}
	for _, item := range slices.Concat(items, many, hostile) {
		value, err := jsonschema.UnmarshalJSON(bytes.NewReader(item.JSON))
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(value); err != nil {
			t.Errorf("%s: %v\n%s", item.Entry.ID, err, item.JSON)
		}
		var v osvschema.Vulnerability
		if err := protojson.Unmarshal(item.JSON, &v); err != nil {
			t.Errorf("%s: the strict reader: %v\n%s", item.Entry.ID, err, item.JSON)
		}
		if v.Id != item.Entry.ID || len(v.Affected) != len(item.Entry.Affected) {
			t.Errorf("%s: the strict reader has %s with %d modules", item.Entry.ID, v.Id,
				len(v.Affected))
		}
	}
}

// A record with a hostile text in every field is refused, or its file is where it should be.
func TestHostileRecords(t *testing.T) {
	for _, r := range sample.HostileRecords() {
		records := []*advisory.Record{r}
		out, err := Export(advisory.NewCollection(sample.Project(), records).Public(sample.Date))
		if err != nil && len(out.Files) > 0 {
			t.Errorf("%.100q: %v, and yet there are files", r.Title, err)
		}
		if err == nil && out.Files[0].Path != Dir+"x_"+r.ID+".json" {
			t.Errorf("%.100q: the file is %q", r.Title, out.Files[0].Path)
		}
	}
}

// The same records give the same bytes, in whatever order they came.
func TestExportIsRepeatable(t *testing.T) {
	records := sample.Records(40)
	first := exporter.Export(t, sample.Public(40)).Files
	for i := range records[:20] {
		j := len(records) - 1 - i
		records[i], records[j] = records[j], records[i]
	}
	again := exporter.Export(t,
		advisory.NewCollection(sample.Project(), records).Public(sample.Date)).Files
	if len(first) != len(again) {
		t.Fatalf("%d files, then %d", len(first), len(again))
	}
	for i := range first {
		if first[i].Path != again[i].Path || !bytes.Equal(first[i].Data, again[i].Data) {
			t.Errorf("%s differs from %s", again[i].Path, first[i].Path)
		}
	}
}

func BenchmarkExport(b *testing.B) { exporter.Benchmark(b, 1075, 4300) }
