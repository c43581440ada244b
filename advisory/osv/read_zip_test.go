package osv

import (
	"archive/zip"
	"bytes"
	"strings"
	"testing"

	"github.com/atoll-os/atoll/advisory"
	"github.com/atoll-os/atoll/internal/sample"
)

func archive(t testing.TB, names ...string) []byte {
	t.Helper()
	var files []advisory.File
	for _, name := range names {
		id := strings.TrimSuffix(name[strings.LastIndex(name, "/")+1:], ".json")
		e := Entry{ID: id, Modified: sample.Date}
		files = append(files, advisory.File{Path: name, Data: e.Append(nil)})
	}
	data, err := Zip(files)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func readZip(data []byte) ([]Item, error) {
	return ReadZip(bytes.NewReader(data), int64(len(data)))
}

func TestReadZip(t *testing.T) {
	for _, f := range exporter.Export(t, sample.Few()).Files {
		if f.Path != ScalibrZip {
			continue
		}
		read, err := readZip(f.Data)
		if err != nil {
			t.Fatal(err)
		}
		if len(read) != 4 {
			t.Errorf("%d entries, want the 4 that name a Go module", len(read))
		}
		for _, item := range read {
			if !bytes.Equal(item.JSON, item.Entry.Append(nil)) {
				t.Errorf("%s: the bytes are not those of the entry", item.Entry.ID)
			}
		}
	}
	read, err := readZip(archive(t, "index/db-1.json", "ID/x_B-1.json", "ID/x_A-1.json"))
	if err != nil || len(read) != 2 || read[0].Entry.ID != "x_A-1" {
		t.Errorf("in the layout of vulndb.zip: %v, %v", read, err)
	}
}

func TestReadZipRefuses(t *testing.T) {
	bomb := func() []byte {
		data, err := Zip([]advisory.File{{Path: "x_1.json", Data: make([]byte, EntryBytesMax+1)}})
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	other, err := Zip([]advisory.File{{Path: "x_2.json", Data: []byte(plain)}})
	if err != nil {
		t.Fatal(err)
	}
	broken, err := Zip([]advisory.File{{Path: "x_2.json", Data: []byte("{")}})
	if err != nil {
		t.Fatal(err)
	}
	damaged := bytes.Replace(archive(t, "x_1.json"), []byte("PK\x03\x04"), []byte("PK\x03\x05"), 1)
	for want, data := range map[string][]byte{
		"not a valid zip file":                []byte("no archive"),
		"is no entry":                         archive(t, "../x_1.json"),
		`"/ID/x_1.json" is no`:                archive(t, "/ID/x_1.json"),
		`"x_1.txt" is no entry`:               archive(t, "x_1.txt"),
		"more than":                           bomb(),
		"x_2.json has entry":                  other,
		"unexpected EOF":                      broken,
		"two entries have the id":             archive(t, "x_1.json", "ID/x_1.json"),
		"x_1.json: zip: not a valid zip file": damaged,
	} {
		if _, err := readZip(data); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
	var directory bytes.Buffer
	only := zip.NewWriter(&directory)
	if _, err := only.Create("ID/"); err != nil {
		t.Fatal(err)
	}
	if err := only.Close(); err != nil {
		t.Fatal(err)
	}
	if read, err := readZip(directory.Bytes()); len(read) > 0 || err != nil {
		t.Errorf("a directory alone is read as %v (%v)", read, err)
	}
	var many bytes.Buffer
	w := zip.NewWriter(&many)
	for range ZipEntriesMax + 1 {
		if _, err := w.CreateHeader(&zip.FileHeader{Name: "x"}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := readZip(many.Bytes()); err == nil || !strings.Contains(err.Error(), "members") {
		t.Errorf("an archive of too many members: %v", err)
	}
}

func FuzzReadZip(f *testing.F) {
	f.Add(archive(f, "ID/x_A-1.json", "x_B-1.json"))
	f.Add(archive(f, "../x_1.json"))
	f.Fuzz(func(t *testing.T, data []byte) {
		read, err := readZip(data)
		if err != nil {
			return
		}
		for _, item := range read {
			if !ValidID(item.Entry.ID) {
				t.Errorf("id %q", item.Entry.ID)
			}
		}
	})
}
