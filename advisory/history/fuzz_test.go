package history

import (
	"bytes"
	"testing"

	"github.com/atoll-os/atoll/advisory"
)

// readBack checks that a record that was imported can be written down and read.
func readBack(t *testing.T, r *advisory.Record) {
	t.Helper()
	if r == nil {
		return
	}
	text := r.Append(nil)
	if again, found := advisory.Parse("x", text); again == nil || len(found) > 0 {
		t.Errorf("cannot be read back: %v\n%s", found, text)
	}
}

func FuzzOSEC(f *testing.F) {
	for _, name := range []string{"OSEC-2019-02", "OSEC-2026-01", "OSEC-2026-17"} {
		f.Add(read(f, "osec/"+name+".json"))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if r, _, err := OSEC("x", data); err == nil {
			readBack(t, r)
		}
	})
}

func FuzzMSA(f *testing.F) {
	for _, name := range []string{"00", "01", "02", "03"} {
		f.Add(read(f, "msa/"+name+".txt"))
	}
	f.Add([]byte(signedHeader + "\nHash: SHA384\n\n- - x\n" + signatureHeader + "\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if r, _, err := MSA("x", data, nil); err == nil {
			readBack(t, r)
		}
	})
}

func FuzzXSA(f *testing.F) {
	f.Add(read(f, "xsa.json"))
	f.Fuzz(func(t *testing.T, data []byte) {
		records, _, err := XSA("x", data)
		if err != nil {
			return
		}
		for _, r := range records {
			readBack(t, r)
		}
	})
}

// Whatever an archive has in it, what is read of it can be published, or is an error.
func FuzzVulndb(f *testing.F) {
	f.Add(packed(f))
	f.Add(generated(f, 2))
	f.Add(bytes.Replace(generated(f, 1), []byte("ID/"), []byte("../"), 1))
	f.Fuzz(func(t *testing.T, data []byte) {
		if items, err := Vulndb(data); err == nil {
			if _, _, err := MergeVulndb(ours(), data); err != nil && len(items) == 0 {
				t.Error(err)
			}
		}
	})
}
