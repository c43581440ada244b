package lint

import (
	"fmt"
	"path"
	"regexp"
	"strings"

	"github.com/atoll-os/atoll/advisory"
)

// identities finds ids and aliases that two records have.
func (k *checker) identities() {
	aliases := map[string]*advisory.Record{}
	for _, r := range k.c.Records() {
		k.r, k.begun = r, len(k.all)
		id := strings.ToLower(r.ID) // file systems and people do not tell case apart
		if other := k.byID[id]; other != nil && id != "" {
			k.add("id", "give one of them a new id", "%s is also the id of %s", r.ID, other.File)
			continue
		}
		k.byID[id] = r
		for i, a := range r.Aliases {
			owner := "ours"
			if r.Imported != nil {
				owner = r.Imported.From // two publishers may write about the same flaw
			}
			key := owner + "\n" + strings.ToLower(a)
			if other := aliases[key]; other != nil && other != r {
				k.add(item("aliases", i), "one flaw has one record: merge them, or correct the alias",
					"%s is also an alias of %s", a, other.ID)
			}
			aliases[key] = r
		}
	}
}

func item(path string, i int) string { return fmt.Sprintf("%s[%d]", path, i) }

// name checks the id and that the file is named for it.
func (k *checker) name() {
	id, file := k.r.ID, k.r.File
	if id == "" { // the parser said so
		return
	}
	year, _, own := k.c.Project.Serial(id)
	prefix := strings.ToUpper(k.c.Project.Prefix) + "-"
	like := prefix != "-" && strings.HasPrefix(strings.TrimPrefix(strings.ToUpper(id), "X_"), prefix)
	switch {
	case k.ours() && !own:
		k.add("id", "write "+prefix+"YEAR-NUMBER with four digits each; what is another project's"+
			" has the key imported", "%s is no id of this project", id)
		return
	case !k.ours() && like:
		k.add("id", "an imported record keeps the id that its publisher gave",
			"%s has this project's prefix, and is imported", id)
	case k.unused[id]:
		k.add("id", "take it out of unused:, or choose the next number",
			"%s is listed as unused in %s", id, advisory.ProjectFile)
	}
	if issued := k.r.Issued; own && !issued.IsZero() && year > issued.UTC().Year() {
		k.add("id", "choose the next number of the year, or correct the date",
			"the year of %s is after that of its issue", id)
	}
	if file == "" {
		return
	}
	if path.Base(file) != id+".md" {
		k.at(0, "rename it", "the file of %s has another name", id).Fix = id + ".md"
	}
	if folder := path.Base(path.Dir(file)); k.ours() && folder != fmt.Sprint(year) {
		k.at(0, fmt.Sprintf("move it to the folder %d", year),
			"the file of %s does not lie in the folder of its year", id)
	}
}

// forms are ids that others give, by prefix.
var forms = map[string]*regexp.Regexp{
	"CVE":  regexp.MustCompile(`^CVE-\d{4}-\d{4,19}$`),
	"GHSA": regexp.MustCompile(`^GHSA(-[23456789cfghjmpqrvwx]{4}){3}$`),
	"GO":   regexp.MustCompile(`^GO-\d{4}-\d{4,}$`),
	"OSEC": regexp.MustCompile(`^OSEC-\d{4}-\d{2,}$`),
	"XSA":  regexp.MustCompile(`^XSA-\d{1,5}$`),
}

// aliases checks other names of the flaw, and what the record says is related.
func (k *checker) aliases() {
	seen := map[string]bool{strings.ToLower(k.r.ID): true}
	for _, list := range []struct {
		key string
		ids []string
	}{{"aliases", k.r.Aliases}, {"related", k.r.Related}} {
		for i, id := range list.ids {
			at, low := item(list.key, i), strings.ToLower(id)
			known := forms[strings.ToUpper(strings.SplitN(id, "-", 2)[0])]
			_, _, own := k.c.Project.Serial(id)
			switch {
			case seen[low]:
				k.add(at, "name it once", "%s: %q stands there twice, or is the record's own id",
					list.key, short(id))
			case known != nil && !known.MatchString(id):
				f := k.add(at, "as in CVE-2026-12345, GHSA-2345-cfgh-jmpq or GO-2026-1234",
					"%s: %q has not the form of such an id", list.key, short(id))
				if up := strings.ToUpper(id); known.MatchString(up) {
					f.Fix = up
				}
			case !advisory.ValidID(id):
				k.add(at, "letters, digits, and hyphens between them", "%s: %q is no id", list.key,
					short(id))
			case own && list.key == "aliases" && k.ours():
				k.add(at, "name it under related:", "%s is a record of its own, not an alias", id)
			}
			seen[low] = true
			k.mention(k.r.Line(at), id)
		}
	}
}

// mentions looks for ids of the project in a text, whatever stands round them and however they are
// written.
func (k *checker) mentions(line int, text string) {
	if k.own == nil {
		return
	}
	for _, id := range k.own.FindAllString(text, mentionsMax) {
		k.mention(line, strings.ToUpper(id))
	}
}

// mentionsMax is how many ids in one line of text are looked up.
const mentionsMax = 100

// mention finds that a record which the public can read names one that it may not know of, or one
// that is not there.
func (k *checker) mention(line int, id string) {
	if _, _, own := k.c.Project.Serial(id); !own || id == k.r.ID {
		return
	}
	other := k.byID[strings.ToLower(id)]
	switch {
	case other == nil && !k.unused[id]:
		k.at(line, "correct the number", "there is no record %s", id)
	case other != nil && k.issued(k.r) && !k.issued(other):
		k.at(line, "leave it out until that record is issued",
			"%s is named, which is not issued yet", id)
	}
}

// issued tells whether the public knows the record now.
func (k *checker) issued(r *advisory.Record) bool {
	return !r.Issued.IsZero() && !r.Issued.After(k.o.Now)
}

// gaps finds numbers that are neither a record's nor explained.
func (k *checker) gaps() {
	last := map[int]int{} // by year
	var years []int
	for _, r := range k.c.Records() { // in the order of ids, and so of years
		if year, n, ok := k.c.Project.Serial(r.ID); ok {
			if last[year] == 0 {
				years = append(years, year)
			}
			last[year] = max(last[year], n)
		}
	}
	k.r = &advisory.Record{File: advisory.ProjectFile}
	k.begun = len(k.all)
	for _, year := range years {
		for n := 1; n < last[year]; n++ {
			id := fmt.Sprintf("%s-%04d-%04d", k.c.Project.Prefix, year, n)
			if k.byID[strings.ToLower(id)] == nil && !k.unused[id] {
				k.at(0, "list it under unused: with a reason", "there is no record %s", id)
			}
		}
	}
}
