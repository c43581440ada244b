package advisory

import (
	"cmp"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// Each line is in order; = joins those that are as old.
var orders = []struct{ name, ecosystem, versions string }{
	{"semver §11", Go, "1.0.0-alpha 1.0.0-alpha.1 1.0.0-alpha.beta 1.0.0-beta 1.0.0-beta.2" +
		" 1.0.0-beta.11 1.0.0-rc.1 1.0.0 2.0.0 2.1.0 2.1.1 2.11.0"},
	{"pseudo-versions, https://go.dev/ref/mod#pseudo-versions", Go,
		"0 0.0.0-20191109021931-daa7c04131f5 0.0.0-20260102150405-0123456789ab 0.0.0" +
			" 1.2.3-pre 1.2.3-pre.0.20191109021931-daa7c04131f5 1.2.3" +
			" 1.2.4-0.20191109021931-daa7c04131f5 1.2.4"},
	{"+incompatible", Go, "1.9.9 2.0.0=2.0.0+incompatible=v2.0.0+incompatible 2.0.1+incompatible"},
	{"short", Go, "0 1=1.0=1.0.0=v1=v1.0.0 1.1"},
	{"versions of Go", Go, "1.20.14 1.21rc1=1.21.0-rc.1=go1.21rc1 1.21rc2 1.21.0=1.21=go1.21" +
		" 1.26beta1 1.26rc1=1.26.0rc1 1.26.0 1.26.8=go1.26.8"},
	{"not valid", Go, "nonsense=devel=1.2.3.4=01.0.0= 0.0.1"},
	{"opam manual", Opam, "~~ ~ ~beta2 ~beta10 0.1 1.0~beta 1.0 1.0-test 1.0.1 1.0.10 dev trunk"},
	{"opam, leading zeros and words", Opam, "1.0=1.00=01.0 1.0a 1.0b 1.0+b 1.0.0 1.a"},
	{"opam as it is used", Opam, "0 0~a 4 4.02.3 4.04 4.14.2 4.14.3~rc1 4.14.3 4.14.3+flambda" +
		" 5 5.0.0"},
	{"Debian's of the same rules", Opam, "1.0~~ 1.0~~a 1.0~ 1.0 1.0a"},
}

func TestOrder(t *testing.T) {
	for _, o := range orders {
		var ranks []int
		var all []string
		for i, group := range strings.Split(o.versions, " ") {
			for _, v := range strings.Split(group, "=") {
				ranks, all = append(ranks, i), append(all, v)
			}
		}
		for i, a := range all {
			for j, b := range all {
				want := cmp.Compare(ranks[i], ranks[j])
				if got := CompareVersions(o.ecosystem, a, b); got != want {
					t.Errorf("%s: compare %q with %q: %d, want %d", o.name, a, b, got, want)
				}
			}
		}
	}
}

func TestCanonicalVersion(t *testing.T) {
	for _, c := range []struct{ ecosystem, v, want string }{
		{Go, "0", "0"}, {Go, "v1.2.3", "1.2.3"}, {Go, "1.10", "1.10.0"}, {Go, "1", "1.0.0"},
		{Go, "2.0.0+incompatible", "2.0.0+incompatible"}, {Go, "1.0.0+build", "1.0.0"},
		{Go, "go1.26rc1", "1.26.0-rc.1"}, {Go, "1.26", "1.26.0"}, {Go, "1.26.8", "1.26.8"},
		{Go, "1.2.3.4", ""}, {Go, "", ""}, {Go, "latest", ""}, {Go, "(devel)", ""}, {Go, "01.2.3", ""},
		{Go, "1.0.0-" + strings.Repeat("a", VersionBytesMax), ""}, {Go, "1.26-devel_0123", ""},
		{Opam, "4.04", "4.04"}, {Opam, "5", "5"}, {Opam, "1.0 beta", ""}, {Opam, "", ""},
		{Opam, strings.Repeat("1", VersionBytesMax+1), ""},
	} {
		if got := CanonicalVersion(c.ecosystem, c.v); got != c.want {
			t.Errorf("%s %q: %q, want %q", c.ecosystem, c.v, got, c.want)
		}
		if got := ValidVersion(c.ecosystem, c.v); got != (c.want != "") {
			t.Errorf("%s %q: valid %v", c.ecosystem, c.v, got)
		}
	}
}

func TestContains(t *testing.T) {
	a := Affected{Ecosystem: Go, Ranges: []Range{{"0", "1.2.3"}, {"1.3.0-rc.1", "1.3.2"},
		{"2.0.0", ""}}}
	for v, want := range map[string]bool{
		"0.0.0-20191109021931-daa7c04131f5": true, "1.2.2": true, "1.2.3-rc.1": true, "1.2.3": false,
		"1.2.4-0.20191109021931-daa7c04131f5": false, "1.3.0-beta.1": false, "1.3.0-rc.1": true,
		"1.3.1": true, "1.3.2": false, "1.99.0": false, "2.0.0-rc.1": false,
		"2.0.0+incompatible": true, "9.0.0": true, "v1.3.1": true,
		"(devel)": true, "": true, // cannot be known, and so is not "no"
	} {
		if got := a.Contains(v); got != want {
			t.Errorf("%s: %v, want %v", v, got, want)
		}
	}
	if a.Ranges = nil; !a.Contains("1.0.0") {
		t.Error("no ranges are not all versions")
	}
	image := Image{Ranges: []Range{{"1.0.0", "1.0.1"}}}
	if !image.Contains("1.0.0") || image.Contains("1.0.1") {
		t.Error("an image's range")
	}
	opam := Affected{Ecosystem: Opam, Ranges: []Range{{"0", "4.14.3"}, {"5", "5.4.1"}}}
	for v, want := range map[string]bool{"4.04": true, "4.14.3~rc1": true, "4.14.3": false,
		"5": true, "5.4.1": false} {
		if got := opam.Contains(v); got != want {
			t.Errorf("opam %s: %v, want %v", v, got, want)
		}
	}
}

// TestContainsModel compares with a walk over all versions in order.
func TestContainsModel(t *testing.T) {
	const count = 20
	rapid.Check(t, func(t *rapid.T) {
		version := func(i int) string { return fmt.Sprintf("%d.%d.0", i/4, i%4) }
		a, affected, open := Affected{Ecosystem: Go}, [count]bool{}, -1
		for i := range count {
			switch rapid.IntRange(0, 3).Draw(t, "event") {
			case 0:
				if open < 0 {
					open = i
					a.Ranges = append(a.Ranges, Range{Introduced: version(i)})
				}
			case 1:
				if open >= 0 && open < i {
					open = -1
					a.Ranges[len(a.Ranges)-1].Fixed = version(i)
				}
			}
			affected[i] = open >= 0
		}
		if len(a.Ranges) == 0 {
			return
		}
		for i, want := range affected {
			if got := a.Contains(version(i)); got != want {
				t.Fatalf("%v contains %s: %v", a.Ranges, version(i), got)
			}
		}
	})
}

// order wants what every order has.
func order(t *testing.T, ecosystem string, v [3]string) {
	for _, a := range v {
		if CompareVersions(ecosystem, a, a) != 0 {
			t.Fatalf("%q is not as old as itself", a)
		}
		for _, b := range v {
			ab := CompareVersions(ecosystem, a, b)
			if ab != -CompareVersions(ecosystem, b, a) || ab < -1 || ab > 1 {
				t.Fatalf("%q and %q: %d, and the other way round %d", a, b, ab,
					CompareVersions(ecosystem, b, a))
			}
			for _, c := range v {
				if ab <= 0 && CompareVersions(ecosystem, b, c) <= 0 &&
					CompareVersions(ecosystem, a, c) > 0 {
					t.Fatalf("%q <= %q <= %q, but not the first and the last", a, b, c)
				}
			}
		}
		canonical := CanonicalVersion(ecosystem, a)
		if canonical != "" && (CompareVersions(ecosystem, a, canonical) != 0 ||
			CanonicalVersion(ecosystem, canonical) != canonical) {
			t.Fatalf("%q: its canonical form is %q", a, canonical)
		}
	}
}

func FuzzVersions(f *testing.F) {
	f.Add("1.2.3", "1.26rc1", "0.0.0-20191109021931-daa7c04131f5")
	f.Add("0", "v2.0.0+incompatible", "go1.21")
	f.Add("1.0.0-a.b.1", "1", "devel")
	f.Fuzz(func(t *testing.T, a, b, c string) { order(t, Go, [3]string{a, b, c}) })
}

func FuzzOpam(f *testing.F) {
	f.Add("1.0~beta", "1.0", "1.00")
	f.Add("~", "", "a+b-c")
	f.Add("0", "4.14.3+flambda", "5")
	f.Fuzz(func(t *testing.T, a, b, c string) { order(t, Opam, [3]string{a, b, c}) })
}
