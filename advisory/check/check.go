// Package check answers "am I affected?" for a module, a program, an image or a bill of materials,
// from databases of security advisories. Where it cannot know, it says "unknown" and why; it never
// says "not affected" by default.
//
// Read lists what a target is made of, Open opens a database, and Check holds the ones against the
// others. None of them runs code of a target or fetches a module; symbols are looked for by
// golang.org/x/vuln, if Options.Symbols says so, and in a process of its own.
package check

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/atoll-os/atoll/advisory/sign"
	"github.com/atoll-os/atoll/advisory/vex"
)

// tool is who says so, in what others read.
const tool = "atoll advisory check"

// Options are what a check depends on besides its targets and databases.
type Options struct {
	Keys    []*sign.Public  // with which a database may be signed; none: trust on first use
	Memory  string          // the directory that remembers databases; "": nothing is remembered
	Symbols []string        // the command that is govulncheck, to look at symbols; nil: versions only
	Ignore  []Exception     // what does not count
	VEX     []*vex.Document // what others found out
	Now     time.Time       // zero: now
}

func (o *Options) now() time.Time {
	if o.Now.IsZero() {
		return time.Now()
	}
	return o.Now
}

// Report is what was found in one target.
type Report struct {
	Target   *Inventory
	Verdicts []Verdict // sorted by id and module
	Gaps     []string  // Target.Gaps, if there is any advisory; each counts as unknown
	Notes    []string  // what did not go as it was asked for
	Level    Level
}

// Status is the worst of the verdicts that count, and of the gaps.
func (r *Report) Status() Status {
	worst := NotAffected
	if len(r.Gaps) > 0 {
		worst = Unknown
	}
	for _, v := range r.Verdicts {
		if v.Suppressed == nil && slices.Index(statuses, v.Status) < slices.Index(statuses, worst) {
			worst = v.Status
		}
	}
	return worst
}

// Result is what was found in all targets.
type Result struct {
	Reports   []Report
	Databases []*Database
	Date      time.Time
	Unused    []Exception // of Options.Ignore: what they are about was not found
}

// Status is the worst of all targets.
func (r *Result) Status() Status {
	worst := NotAffected
	for i := range r.Reports {
		if s := r.Reports[i].Status(); slices.Index(statuses, s) < slices.Index(statuses, worst) {
			worst = s
		}
	}
	return worst
}

// billFileBytesMax bounds a file that is a bill of materials.
const billFileBytesMax = 256 << 20

// ErrNoTarget is a name of which nothing can be read.
var ErrNoTarget = errors.New("it is no directory and no file")

// Read lists what a target is made of. A target is a directory with a go.mod or go.work, or one of
// these files itself; a program or an image; a bill of materials; or "-", a bill that stdin has.
func Read(ctx context.Context, target string, stdin io.Reader) (*Inventory, error) {
	if target == "-" {
		text, err := readAll(stdin, billFileBytesMax)
		if err != nil {
			return nil, fmt.Errorf("check: read standard input: %w", err)
		}
		return readBill("-", text)
	}
	if info, err := os.Stat(target); err == nil && info.IsDir() {
		return readSource(ctx, target)
	}
	f, err := openFile(target)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if base := filepath.Base(target); base == "go.mod" || base == "go.work" {
		return readSource(ctx, filepath.Dir(target))
	}
	head := make([]byte, 512)
	n, err := f.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("check: read %s: %w", target, err)
	}
	if looksLikeJSON(head[:n]) {
		text, err := readMax(target, billFileBytesMax)
		if err != nil {
			return nil, err
		}
		return readBill(target, text)
	}
	return readBinary(target, f)
}

// Check holds targets against databases.
func Check(ctx context.Context, targets []*Inventory, databases []*Database, o Options) (*Result,
	error) {
	if err := keysUsed(databases, o.Keys); err != nil {
		return nil, err
	}
	records, some, err := collect(ctx, databases, needOf(targets))
	if err != nil {
		return nil, err
	}
	result := &Result{Databases: databases, Date: o.now().UTC()}
	for _, t := range targets {
		r := Report{Target: t, Verdicts: judge(t, records, o.now()), Level: LevelModule}
		if some {
			r.Gaps = slices.Clone(t.Gaps)
		}
		if o.Symbols != nil {
			if err := r.symbols(ctx, o); err != nil {
				return nil, err
			}
		}
		r.apply(o.VEX, o.now())
		result.Reports = append(result.Reports, r)
	}
	result.ignore(o.Ignore)
	return result, nil
}

// keysUsed wants that every key that was given has signed a database: else somebody took the
// signature away, and the keys would protect nothing.
func keysUsed(databases []*Database, keys []*sign.Public) error {
	for _, k := range keys {
		used := slices.ContainsFunc(databases, func(d *Database) bool {
			return d.Trust.Signed && d.Trust.Fingerprint == k.Fingerprint()
		})
		if !used {
			return fmt.Errorf("check: %w with key %s", ErrNotSigned, k.Fingerprint())
		}
	}
	return nil
}

// ErrNotSigned is a key that was given although nothing is signed with it.
var ErrNotSigned = errors.New("no database is signed")

// collect fetches the records about the modules from all databases. Of two with the same id the one
// that was changed last counts, or the one of the first database.
func collect(ctx context.Context, databases []*Database, n *need) (list []*Record, some bool,
	err error) {
	byID := map[string]*Record{}
	for _, d := range databases {
		found, any, err := d.records.named(ctx, n)
		if err != nil {
			return nil, false, fmt.Errorf("check: database %s: %w", d.Location, err)
		}
		some = some || any
		for _, r := range found {
			r.Database = d.Location
			if have, ok := byID[r.ID]; !ok || r.Modified.After(have.Modified) {
				byID[r.ID] = r
			}
		}
	}
	for _, r := range byID {
		list = append(list, r)
	}
	slices.SortFunc(list, func(a, b *Record) int { return cmp.Compare(a.ID, b.ID) })
	return list, some, nil
}
