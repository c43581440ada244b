package osv

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/atoll-os/atoll/advisory"
)

// goModule reads "introduced 0, fixed 1.2.3" as a module with one range for each argument.
func goModule(list ...string) *Affected {
	a := &Affected{Package: Package{Ecosystem: advisory.Go, Name: "m"}}
	for _, text := range list {
		r := Range{Type: Semver}
		for event := range strings.SplitSeq(text, ", ") {
			what, version, _ := strings.Cut(event, " ")
			switch what {
			case "introduced":
				r.Events = append(r.Events, Event{Introduced: version})
			case "fixed":
				r.Events = append(r.Events, Event{Fixed: version})
			case "last":
				r.Events = append(r.Events, Event{LastAffected: version})
			case "limit":
				r.Events = append(r.Events, Event{Limit: version})
			}
		}
		a.Ranges = append(a.Ranges, r)
	}
	return a
}

func TestContains(t *testing.T) {
	for _, c := range []struct {
		ranges   []string
		affected string
		not      string
	}{
		{nil, "0.0.1 1.2.3 v9.9.9", ""},
		{[]string{"introduced 0, fixed 1.2.3"}, "v0.0.0-20200101000000-abcdefabcdef 1.2.2 1.2.3-rc.1",
			"1.2.3 v1.2.3+incompatible 2.0.0"},
		{[]string{"fixed 2.0.0, introduced 1.5.0, fixed 1.2.3, introduced 0"}, "1.0.0 1.5.0 1.10.0",
			"1.2.3 1.4.9 2.0.0"},
		{[]string{"introduced 0, fixed 1.0.0", "introduced 2.0.0"}, "0.9.0 2.0.0 3.0.0", "1.0.0 1.9.9"},
		{[]string{"introduced 1.0.0, last 1.2.0"}, "1.0.0 1.2.0", "0.9.0 1.2.1"},
		{[]string{"introduced 1.0.0, last 1.0.0"}, "1.0.0", "0.9.0 1.0.1"},
		{[]string{"introduced 0, fixed 1.26.2"}, "1.26rc1 go1.26.1", "1.26.2 go1.27"},
	} {
		a := goModule(c.ranges...)
		for _, v := range strings.Fields(c.affected) {
			if in, err := a.Contains(v); !in || err != nil {
				t.Errorf("%v: %s is not affected (%v)", c.ranges, v, err)
			}
		}
		for _, v := range strings.Fields(c.not) {
			if in, err := a.Contains(v); in || err != nil {
				t.Errorf("%v: %s is affected (%v)", c.ranges, v, err)
			}
		}
	}
}

// What cannot be judged is an error, never "no".
func TestContainsUnclear(t *testing.T) {
	git := goModule("introduced 0, fixed 1.0.0")
	git.Ranges = append(git.Ranges, Range{Type: "GIT", Events: []Event{{Introduced: "0"}}})
	listed := &Affected{Package: Package{Ecosystem: advisory.Go, Name: "m"},
		Versions: []string{"1.2.3"}}
	debian := &Affected{Package: Package{Ecosystem: "Debian", Name: "m"}}
	for _, c := range []struct {
		a       *Affected
		version string
		want    string
	}{
		{goModule("introduced 0, fixed 1.0.0"), "(devel)", "error"},
		{goModule("introduced 0, fixed 1.0.0"), "", "error"},
		{goModule("introduced 0, limit 1.0.0"), "0.5.0", "error"},
		{goModule("introduced 0, fixed one"), "0.5.0", "error"},
		{debian, "1.0.0", "error"},
		{git, "1.0.0", "error"},
		{git, "0.9.0", "true"},
		{listed, "1.2.3", "true"},
		{listed, "v1.2.3", "true"},
		{listed, "1.2.4", "false"},
	} {
		in, err := c.a.Contains(c.version)
		got := fmt.Sprint(in)
		if err != nil {
			got = "error"
		}
		if got != c.want {
			t.Errorf("%+v, version %q: %s (%v), want %s", c.a.Ranges, c.version, got, err, c.want)
		}
	}
}

var aVersion = rapid.Custom(func(t *rapid.T) string {
	v := fmt.Sprintf("%d.%d.%d", rapid.IntRange(0, 2).Draw(t, "major"),
		rapid.IntRange(0, 2).Draw(t, "minor"), rapid.IntRange(0, 2).Draw(t, "patch"))
	return v + rapid.SampledFrom([]string{"", "", "-rc.1", "-0.20200101000000-abcdefabcdef",
		"+incompatible"}).Draw(t, "rest")
})

var aRange = rapid.Custom(func(t *rapid.T) advisory.Range {
	a, b := aVersion.Draw(t, "a"), aVersion.Draw(t, "b")
	c := advisory.CompareVersions(advisory.Go, a, b)
	switch {
	case c > 0:
		a, b = b, a
	case c == 0:
		a = advisory.First
	}
	if rapid.IntRange(0, 5).Draw(t, "open") == 0 {
		b = ""
	}
	return advisory.Range{Introduced: a, Fixed: b}
})

// Ranges in any order, overlapping or not, mean in OSV what they mean in the record: for every
// version. And the index's "fixed" is the earliest version from which on none is affected.
func TestRangesKeepTheirMeaning(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list := rapid.SliceOfN(aRange, 0, 5).Draw(t, "ranges")
		record := advisory.Affected{Ecosystem: advisory.Go, Module: "m", Ranges: list}
		a, err := affected(&record)
		if err != nil {
			t.Fatal(err)
		}
		events := a.Ranges[0].Events
		for i := 1; i < len(events); i++ {
			if advisory.CompareVersions(advisory.Go, events[i-1].version(), events[i].version()) >= 0 {
				t.Fatalf("%v become %v: not in order", list, events)
			}
		}
		last, certain := a.LastFixed()
		for range 20 {
			v := aVersion.Draw(t, "version")
			in, err := a.Contains(v)
			if want := record.Contains(v); in != want || err != nil {
				t.Fatalf("%v become %v: %s affected %v (%v), want %v", list, events, v, in, err, want)
			}
			if certain && in && advisory.CompareVersions(advisory.Go, v, last) >= 0 {
				t.Fatalf("%v: fixed is %s, but %s is affected", events, last, v)
			}
		}
		if certain && !fixedHere(events, last) {
			t.Fatalf("%v: %s is not the earliest version from which on none is affected", events, last)
		}
	})
}

// fixedHere: just before a version that is the last fix a version is affected, since no range is
// empty and none touches the next.
func fixedHere(events []Event, last string) bool {
	return events[len(events)-1].Fixed == last
}

func TestRangesThatAreWrong(t *testing.T) {
	for why, a := range map[string]advisory.Affected{
		"no version between": {Ecosystem: advisory.Go,
			Ranges: []advisory.Range{{Introduced: "1.2.3", Fixed: "1.2.3"}}},
		"the wrong way": {Ecosystem: advisory.Go,
			Ranges: []advisory.Range{{Introduced: "2.0.0", Fixed: "1.0.0"}}},
		"no semver":      {Ecosystem: advisory.Go, Ranges: []advisory.Range{{Fixed: "1.0.0.0"}}},
		"no semver here": {Ecosystem: advisory.Go, Ranges: []advisory.Range{{Introduced: "x"}}},
		"no opam":        {Ecosystem: advisory.Opam, Ranges: []advisory.Range{{Fixed: "1 2"}}},
		"fixed at first": {Ecosystem: advisory.Go, Ranges: []advisory.Range{{Fixed: "0"}}},
		"too long": {Ecosystem: advisory.Go,
			Ranges: []advisory.Range{{Fixed: "1.0.0-" + strings.Repeat("a", 1000)}}},
	} {
		if out, err := affected(&a); err == nil {
			t.Errorf("%s: becomes %v", why, out.Ranges)
		}
	}
}

func TestVersion(t *testing.T) {
	for in, want := range map[string]string{
		"1.2.3": "1.2.3", "v1.2.3": "1.2.3", "go1.26.8": "1.26.8", "1.21": "1.21.0",
		"1.26rc1": "1.26.0-rc.1", "1.21.0beta2": "1.21.0-beta.2",
		"2.0.0+incompatible":                "2.0.0+incompatible",
		"0.0.0-20200101000000-abcdefabcdef": "0.0.0-20200101000000-abcdefabcdef",
	} {
		if got, err := Version(in); got != want || err != nil {
			t.Errorf("%s is written %q (%v), want %q", in, got, err, want)
		}
	}
}
