package osv

import (
	"testing"

	"github.com/package-url/packageurl-go"

	"github.com/atoll-os/atoll/advisory"
)

// The package URLs are what another implementation of their specification makes.
func TestPURL(t *testing.T) {
	for _, c := range []struct{ ecosystem, module, version, want string }{
		{advisory.Go, "example.org/Mod", "", "pkg:golang/example.org/mod"},
		{advisory.Go, "example.org/mod/v2", "2.0.1", "pkg:golang/example.org/mod/v2@v2.0.1"},
		{advisory.Go, "example.org/mod", "v2.0.0+incompatible",
			"pkg:golang/example.org/mod@v2.0.0%2Bincompatible"},
		{advisory.Go, "gopkg.in/yaml.v3", "3.0.0-20200101000000-abcdefabcdef",
			"pkg:golang/gopkg.in/yaml.v3@v3.0.0-20200101000000-abcdefabcdef"},
		{advisory.Go, "stdlib", "1.26.8", "pkg:golang/stdlib@1.26.8"},
		{advisory.Opam, "mirage-net-xen", "1.4.2", "pkg:opam/mirage-net-xen@1.4.2"},
		{advisory.Opam, "made-up", "4~rc+1", "pkg:opam/made-up@4~rc%2B1"},
	} {
		got := PURL(c.ecosystem, c.module, c.version)
		if got != c.want {
			t.Errorf("%s %s %s: %s, want %s", c.ecosystem, c.module, c.version, got, c.want)
		}
		p, err := packageurl.FromString(got)
		if err != nil {
			t.Fatal(err)
		}
		if p.ToString() != got {
			t.Errorf("%s is spelled %s by another implementation", got, p.ToString())
		}
	}
}
