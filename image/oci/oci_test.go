package oci

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
)

var image = Image{Name: "hello.elf", ELF: []byte("\x7fELF and so on"), Revision: "0123"}

// files reads a tar file.
func files(t *testing.T, b []byte) map[string][]byte {
	t.Helper()
	all := map[string][]byte{}
	for r := tar.NewReader(bytes.NewReader(b)); ; {
		h, err := r.Next()
		if err == io.EOF {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		if all[h.Name], err = io.ReadAll(r); err != nil {
			t.Fatal(err)
		}
	}
}

// TestLayout follows the digests from the index to the ELF file, as a runtime does.
func TestLayout(t *testing.T) {
	var b, again bytes.Buffer
	if err := Write(&b, image); err != nil {
		t.Fatal(err)
	}
	if err := Write(&again, image); err != nil || !bytes.Equal(b.Bytes(), again.Bytes()) {
		t.Errorf("the same image gives other bytes, %v", err)
	}
	all := files(t, b.Bytes())
	for name, data := range all {
		if sum, ok := strings.CutPrefix(name, "blobs/sha256/"); ok {
			if is := sha256.Sum256(data); hex.EncodeToString(is[:]) != sum {
				t.Errorf("%s has another digest", name)
			}
		}
	}
	read := func(d descriptor, into any) {
		t.Helper()
		data, ok := all["blobs/"+strings.Replace(d.Digest, ":", "/", 1)]
		if !ok || len(data) != d.Size {
			t.Fatalf("%s has %d bytes, not %d", d.Digest, len(data), d.Size)
		}
		if raw, ok := into.(*[]byte); ok {
			*raw = data
		} else if err := json.Unmarshal(data, into); err != nil {
			t.Fatal(err)
		}
	}
	var index struct{ Manifests []descriptor }
	if err := json.Unmarshal(all["index.json"], &index); err != nil || len(index.Manifests) != 1 {
		t.Fatalf("index %s, %v", all["index.json"], err)
	}
	var manifest struct {
		Config      descriptor
		Layers      []descriptor
		Annotations map[string]string
	}
	read(index.Manifests[0], &manifest)
	var config struct {
		OS     string
		RootFS struct {
			DiffIDs []string `json:"diff_ids"`
		}
	}
	read(manifest.Config, &config)
	if config.OS != "linux" || config.RootFS.DiffIDs[0] != manifest.Layers[0].Digest {
		t.Errorf("config %+v", config)
	}
	var layer []byte
	read(manifest.Layers[0], &layer)
	binary := manifest.Annotations[keyBinary]
	if got := files(t, layer)[binary[1:]]; !bytes.Equal(got, image.ELF) {
		t.Errorf("%s is %q", binary, got)
	}
	if manifest.Annotations[keyRevision] != "0123" || string(all["oci-layout"]) == "" {
		t.Errorf("annotations %v", manifest.Annotations)
	}
}

// full is a disk with room for so many bytes.
type full struct{ room int }

var errFull = errors.New("full")

func (f *full) Write(b []byte) (int, error) {
	if f.room -= len(b); f.room < 0 {
		return 0, errFull
	}
	return len(b), nil
}

// TestFull: whatever cannot be written is told.
func TestFull(t *testing.T) {
	for room := 0; room < 8000; room += 500 {
		if err := Write(&full{room}, image); !errors.Is(err, errFull) {
			t.Errorf("room for %d bytes: %v", room, err)
		}
	}
	long := image
	long.Name = strings.Repeat("n", 300)
	if err := Write(io.Discard, long); err == nil {
		t.Error("a name of 300 bytes is taken")
	}
}
