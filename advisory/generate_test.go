package advisory

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// word is a text of the header: any characters for print, none at the ends that would be cut.
var word = rapid.Custom(func(t *rapid.T) string {
	return rapid.OneOf(
		rapid.StringMatching(`[ -~]{1,20}`),
		rapid.SampledFrom([]string{"null", "~", "yes", "1.10", "a: b", "a #b", "- a", "'", `"`, "#",
			"a:", ":", "&a", "*a", "!a", "|", ">", "%", "@", "`", "{}", "[]", "2026-01-01", "é\u200d",
			"...", "---", `\`, "0x1", "a\tb", "<script>", "?", "? a", "= b", ".inf", "NULL"}),
		rapid.String(),
	).Filter(func(s string) bool {
		_, bad := firstControl(s)
		return !bad && s != "" && s == strings.TrimSpace(s) && strings.ToValidUTF8(s, "") == s
	}).Draw(t, "word")
})

var words = list(word)

// list is nil or has something.
func list[T any](g *rapid.Generator[T]) *rapid.Generator[[]T] {
	return rapid.Custom(func(t *rapid.T) []T {
		if s := rapid.SliceOfN(g, 0, 3).Draw(t, "list"); len(s) > 0 {
			return s
		}
		return nil
	})
}

func maybe(g *rapid.Generator[string]) *rapid.Generator[string] {
	return rapid.OneOf(g, rapid.Just(""))
}

var instants = rapid.Custom(func(t *rapid.T) time.Time {
	if rapid.Bool().Draw(t, "zero") {
		return time.Time{}
	}
	first := time.Date(yearMin, 1, 1, 0, 0, 0, 0, time.UTC).Unix()
	return time.Unix(rapid.Int64Range(first, 253402300799).Draw(t, "seconds"), 0).UTC()
})

var ranges = list(rapid.Custom(func(t *rapid.T) Range {
	return Range{maybe(word).Draw(t, "introduced"), maybe(word).Draw(t, "fixed")}
}))

var affected = list(rapid.Custom(func(t *rapid.T) Affected {
	return Affected{
		Ecosystem: rapid.SampledFrom(Ecosystems).Draw(t, "ecosystem"),
		Module:    maybe(word).Draw(t, "module"),
		Ranges:    ranges.Draw(t, "ranges"),
		Packages: list(rapid.Custom(func(t *rapid.T) Package {
			return Package{maybe(word).Draw(t, "path"), words.Draw(t, "symbols"),
				words.Draw(t, "goos"), words.Draw(t, "goarch")}
		})).Draw(t, "packages"),
	}
}))

// section is a text that stays within its section: no heading outside of code, blocks closed.
var section = rapid.Custom(func(t *rapid.T) Section {
	lines := rapid.SliceOfN(rapid.SampledFrom([]string{"", "one", "  two", "### three", "    ## x",
		"```\n## code\n```", "~~~~ go\n```\n## code\n~~~~~", "- a", "##", "##b", " ## c", "---", "é",
		"- ```", "1. a", "``` `", "\ttab", "a  "}), 0, 6).Draw(t, "lines")
	_, lines = trimLines(strings.Split(strings.Join(lines, "\n"), "\n"))
	return Section{word.Draw(t, "name"), strings.Join(lines, "\n")}
})

// records are all records that a file can hold.
var records = rapid.Custom(func(t *rapid.T) *Record {
	r := &Record{
		ID:       rapid.StringMatching(`[A-Za-z]{1,5}(-[A-Za-z0-9]{1,5}){1,3}`).Draw(t, "id"),
		Title:    word.Draw(t, "title"),
		Aliases:  words.Draw(t, "aliases"),
		Related:  words.Draw(t, "related"),
		Reported: instants.Draw(t, "reported"),
		Issued:   instants.Draw(t, "issued"),
		Modified: instants.Draw(t, "modified"),
		Affected: affected.Draw(t, "affected"),
		Images: list(rapid.Custom(func(t *rapid.T) Image {
			return Image{maybe(word).Draw(t, "name"), ranges.Draw(t, "ranges")}
		})).Draw(t, "images"),
		Severity: list(rapid.Custom(func(t *rapid.T) Severity {
			return Severity{word.Draw(t, "vector")}
		})).Draw(t, "severity"),
		CWE: words.Draw(t, "cwe"),
		Credits: list(rapid.Custom(func(t *rapid.T) Credit {
			kind := rapid.SampledFrom(append(CreditTypes, "")).Draw(t, "type")
			return Credit{maybe(word).Draw(t, "name"), kind, words.Draw(t, "contact")}
		})).Draw(t, "credits"),
		References: list(rapid.Custom(func(t *rapid.T) Reference {
			kind := rapid.SampledFrom(append(ReferenceTypes, "")).Draw(t, "type")
			return Reference{kind, maybe(word).Draw(t, "url")}
		})).Draw(t, "references"),
		Sections: list(section).Draw(t, "sections"),
	}
	if rapid.Bool().Draw(t, "withdrawn") {
		r.Withdrawn = &Withdrawal{instants.Draw(t, "date"), maybe(word).Draw(t, "reason")}
	}
	if rapid.Bool().Draw(t, "imported") {
		r.Imported = &Origin{maybe(word).Draw(t, "from"), maybe(word).Draw(t, "url"),
			maybe(word).Draw(t, "licence")}
	}
	return r
})

// TestIdentity wants every record to come back as it was written.
func TestIdentity(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := records.Draw(t, "record")
		text := r.Append(nil)
		again, found := Parse("a.md", text)
		for _, f := range found {
			t.Fatalf("%s\n%s", f, text)
		}
		if !again.Equal(r) {
			t.Fatalf("%+v\nwas written as\n%s\nand read as\n%+v", r, text, again)
		}
	})
}

func TestProjectIdentity(t *testing.T) {
	address := rapid.StringMatching(`https://[a-z]{1,9}\.example(/[a-z]{1,9}){0,2}`)
	rapid.Check(t, func(t *rapid.T) {
		p := &Project{
			Name:      word.Draw(t, "name"),
			Prefix:    "ABC",
			BaseURL:   address.Draw(t, "base"),
			Contact:   rapid.SliceOfN(address, 1, 3).Draw(t, "contact"),
			Policy:    address.Draw(t, "policy"),
			Languages: list(rapid.SampledFrom([]string{"en", "de-AT", "zh-Hans"})).Draw(t, "languages"),
			Modules:   list(rapid.StringMatching(`[a-z]{1,9}\.example/x[a-z]{1,9}`)).Draw(t, "modules"),
			Category:  rapid.SampledFrom(Categories).Draw(t, "category"),
		}
		if rapid.Bool().Draw(t, "unused") {
			p.Unused = []Unused{{"ABC-2026-0001", word.Draw(t, "reason")}}
		}
		again, found := ParseProject(ProjectFile, p.Append(nil))
		if len(found) > 0 {
			t.Fatalf("%v\n%s", found, p.Append(nil))
		}
		if got, want := string(again.Append(nil)), string(p.Append(nil)); got != want {
			t.Fatalf("%s was read as\n%s", want, got)
		}
	})
}
