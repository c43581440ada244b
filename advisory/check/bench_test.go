package check

import (
	"path/filepath"
	"testing"

	"github.com/atoll-os/atoll/advisory/export"
	"github.com/atoll-os/atoll/internal/sample"
)

// BenchmarkCheck opens the website of 4,300 made-up records and asks about one module, which is
// what a check by versions costs besides reading its target: with the signed manifest of the whole
// website, and only the database that is in it.
func BenchmarkCheck(b *testing.B) {
	public := sample.Public(4300)
	tree, err := export.Build(public, export.Options{Key: someKey(b, 1)})
	if err != nil {
		b.Fatal(err)
	}
	w := website{filepath.Join(b.TempDir(), "site")}
	w.publish(b, tree)
	for _, c := range []struct {
		name   string
		change func()
	}{{"signed", func() {}}, {"unsigned", func() {
		w.remove(b, export.ManifestPath, signaturePath)
	}}} {
		c.change()
		b.Run(c.name, func(b *testing.B) {
			o := Options{Memory: b.TempDir(), Now: public.Date}
			for b.Loop() {
				d, err := Open(b.Context(), w.dir, o)
				if err != nil {
					b.Fatal(err)
				}
				if _, err := Check(b.Context(), oneModule(), []*Database{d}, o); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
