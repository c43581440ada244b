package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/atoll-os/atoll/advisory"
	"github.com/atoll-os/atoll/advisory/export"
	"github.com/atoll-os/atoll/advisory/lint"
	"github.com/atoll-os/atoll/advisory/sign"
)

// newAdvisory is the group of commands about security advisories. advisory_check.go adds check.
func newAdvisory() *cobra.Command {
	c := &cobra.Command{
		Use:   "advisory",
		Short: "Write security advisories, publish them, and ask whether they are about you",
		Example: `  atoll advisory init --project Example --prefix EX --base-url https://example.org
  atoll advisory new --title 'Out-of-bounds read' --module example.org/mod --fixed 1.2.3
  atoll advisory list
  atoll advisory publish --to site`,
	}
	c.SuggestionsMinimumDistance = 2
	c.AddCommand(newAdvisoryInit(), newAdvisoryNew(), newAdvisoryList(), newAdvisoryShow(),
		newAdvisoryLint(), newAdvisoryExport(), newAdvisoryPublish(), newAdvisoryVerify(),
		newAdvisoryImport(), newAdvisoryCheck(), newAdvisorySymbols())
	return c
}

// recordsDir is where records are if no flag says otherwise.
const recordsDir = "advisories"

// fromVar adds the flag for the directory of records.
func fromVar(f *pflag.FlagSet, p *string) {
	f.StringVar(p, "from", recordsDir, "directory of project.yaml and the records")
}

// loadRecords reads a directory of records, with what is wrong with its files.
func loadRecords(dir string) (*advisory.Collection, []advisory.Finding, error) {
	info, err := os.Stat(dir)
	if err == nil && !info.IsDir() {
		err = fmt.Errorf("%s is a file, not a directory of records", dir)
	}
	if err != nil {
		return nil, nil, &hinted{err, "atoll advisory init makes a directory of records", exitFailed}
	}
	c, found, err := advisory.Load(os.DirFS(dir))
	if err != nil {
		return nil, nil, err
	}
	for i := range found {
		found[i].File = fileBelow(dir, found[i].File)
	}
	for i := range c.Project.Keys {
		c.Project.Keys[i].File = fileBelow(dir, c.Project.Keys[i].File)
	}
	for _, r := range c.Records() {
		r.File = fileBelow(dir, r.File)
	}
	return c, found, nil
}

// fileBelow names a file of a directory as a person would open it.
func fileBelow(dir, name string) string {
	if name == "" {
		return dir
	}
	return strings.TrimSuffix(dir, "/") + "/" + name
}

// fitToPublish returns the records that are public at a date, if nothing is wrong with them. Drafts
// may be unfinished.
func fitToPublish(dir string, date time.Time, stderr io.Writer) (*advisory.Public, error) {
	c, found, err := loadRecords(dir)
	if err != nil {
		return nil, err
	}
	public := c.Public(date)
	drafts := map[string]bool{}
	for _, r := range c.Records() {
		drafts[r.File] = r.Issued.IsZero() || r.Issued.After(date)
	}
	found = slices.DeleteFunc(lint.Check(c, found, lint.Options{Now: date}),
		func(f advisory.Finding) bool { return drafts[f.File] })
	if len(found) == 0 {
		return public, nil
	}
	fmt.Fprint(stderr, lint.Text(found))
	return nil, &hinted{fmt.Errorf("the records in %s cannot be published", dir),
		"repair them; atoll advisory lint " + dir + " looks again", exitFailed}
}

// instant is a flag for a point in time: RFC 3339, or a day, which begins at midnight UTC.
type instant struct{ time time.Time }

func (i *instant) String() string {
	if i.time.IsZero() {
		return ""
	}
	return i.time.Format(advisory.TimeLayout)
}

func (i *instant) Type() string { return "time" }

// instantYearMin is the first year that is taken: what lies before is a slip of the finger.
const instantYearMin = 1990

func (i *instant) Set(s string) error {
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		t, err := time.Parse(layout, s)
		t = t.UTC().Truncate(time.Second)
		if err == nil && t.Year() >= instantYearMin && t.Year() <= export.YearMax {
			i.time = t
			return nil
		}
	}
	return errors.New("write 2026-11-25 or 2026-11-25T12:00:00Z")
}

// or returns the instant, or another one if none was given.
func (i *instant) or(other time.Time) time.Time {
	if i.time.IsZero() {
		return other.UTC().Truncate(time.Second)
	}
	return i.time
}

// readKey reads the private key that signs.
func readKey(name string) (*sign.Key, error) {
	b, err := readBounded(name, sign.KeyBytesMax)
	if err != nil {
		return nil, &hinted{err, "--key names the file that atoll advisory init --key made", exitFailed}
	}
	key, err := sign.Read(b)
	if err != nil {
		return nil, &hinted{fmt.Errorf("%s: %w", name, err),
			"atoll advisory init --key FILE makes a key", exitFailed}
	}
	return key, nil
}

// readPublicKey reads a public key; a private one will do, too.
func readPublicKey(name string) (*sign.Public, error) {
	b, err := readBounded(name, sign.KeyBytesMax)
	if err != nil {
		return nil, err
	}
	if key, err := sign.Read(b); err == nil {
		return key.Public(), nil
	}
	key, err := sign.ReadPublic(b)
	if err != nil {
		return nil, &hinted{fmt.Errorf("%s: %w", name, err),
			"it is an armoured OpenPGP key, as below .well-known/csaf/openpgp/ of a tree", exitFailed}
	}
	return key, nil
}

// readBounded reads a file of at most so many bytes.
func readBounded(name string, most int64) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, most+1))
	if err == nil && int64(len(b)) > most {
		err = fmt.Errorf("%s is longer than %d bytes", name, most)
	}
	return b, err
}

// exists tells whether there is anything of a name.
func exists(name string) bool {
	_, err := os.Lstat(name)
	return !errors.Is(err, fs.ErrNotExist)
}
