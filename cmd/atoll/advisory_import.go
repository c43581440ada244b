package main

import (
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/atoll-os/atoll/advisory"
	"github.com/atoll-os/atoll/advisory/export"
	"github.com/atoll-os/atoll/advisory/govulndb"
	"github.com/atoll-os/atoll/advisory/history"
	"github.com/atoll-os/atoll/advisory/sign"
)

func newAdvisoryImport() *cobra.Command {
	c := &cobra.Command{
		Use:   "import",
		Short: "Take other projects' advisories over, as history that is not yours",
		Long: `Take other projects' advisories over as records: history, marked with its origin, that
is never published as your own. Or merge a mirror of the Go vulnerability database with yours.

What is odd about a source is printed, and how it was taken; where two records of one problem
differ, too. Check that the source's licence allows it.`,
		Example: `  atoll advisory import osec OSEC-2022-01.json
  atoll advisory import msa 03.txt.asc
  atoll advisory import xsa xsa.json --to others
  atoll advisory import vulndb vulndb.zip --out merged`,
	}
	c.SuggestionsMinimumDistance = 2
	c.AddCommand(newImportOSEC(), newImportMSA(), newImportXSA(), newImportVulndb())
	return c
}

// imported is the records of one source, and what is odd about it.
type imported struct {
	records []*advisory.Record
	notes   []advisory.Finding
}

// importFiles reads sources and writes their records to DIR/imported/ID.md.
func importFiles(c *cobra.Command, to string, names []string, most int64,
	read func(name string, data []byte) (imported, error)) error {
	before, _, err := loadRecords(to)
	if err != nil {
		return err
	}
	var all imported
	for _, name := range names {
		data, err := readBounded(name, most)
		if err != nil {
			return err
		}
		one, err := read(name, data)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		all.records = append(all.records, one.records...)
		all.notes = append(all.notes, one.notes...)
	}
	for _, n := range append(all.notes, disagreements(before.Records(), all.records)...) {
		fmt.Fprintf(c.ErrOrStderr(), "note: %s\n", n)
	}
	return writeImported(c.OutOrStdout(), to, all.records)
}

// writeImported writes records; if one is there already, none is written.
func writeImported(w io.Writer, to string, records []*advisory.Record) error {
	file := func(r *advisory.Record) string { return filepath.Join(to, "imported", r.ID+".md") }
	for _, r := range records {
		if exists(file(r)) {
			return &hinted{fmt.Errorf("%s is there already", file(r)),
				"remove it first, if the source is newer", exitFailed}
		}
	}
	for _, r := range records {
		if err := createFile(file(r), r.Append(nil), 0o644); err != nil {
			return err
		}
		fmt.Fprintln(w, file(r))
	}
	return nil
}

// disagreements compares new records with each other and with those that are there.
func disagreements(before, imported []*advisory.Record) []advisory.Finding {
	var found []advisory.Finding
	for i, a := range imported {
		for _, b := range slices.Concat(before, imported[i+1:]) {
			if history.Same(a, b) {
				found = append(found, history.Disagreements(a, b)...)
			}
		}
	}
	return found
}

// toVar adds the flag for where records are written to.
func toVar(c *cobra.Command, p *string) {
	c.Flags().StringVar(p, "to", recordsDir,
		"directory of project.yaml; records go to imported/ there")
}

func newImportOSEC() *cobra.Command {
	var to string
	c := &cobra.Command{
		Use:   "osec FILE...",
		Short: "Records of the OCaml security team, in OSV's JSON",
		Long: `Records of the OCaml security team (CC0-1.0), in OSV's JSON as on the branch
generated-osv of their repository.`,
		Example: `  atoll advisory import osec OSEC-2022-01.json`,
		Args:    cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return importFiles(c, to, args, history.SourceBytesMax,
				func(name string, data []byte) (imported, error) {
					r, notes, err := history.OSEC(name, data)
					return imported{[]*advisory.Record{r}, notes}, err
				})
		},
	}
	toVar(c, &to)
	return c
}

func newImportMSA() *cobra.Command {
	var to, keyFile string
	c := &cobra.Command{
		Use:   "msa FILE...",
		Short: "Texts of MirageOS security advisories",
		Long: `Texts of MirageOS security advisories 00 to 03, clear-signed as they were published.
Their licence is not stated: the record holds their text, so keep it to yourself unless you know
more.`,
		Example: `  atoll advisory import msa 03.txt.asc`,
		Args:    cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			var key *sign.Public
			if keyFile != "" {
				var err error
				if key, err = readPublicKey(keyFile); err != nil {
					return err
				}
			}
			return importFiles(c, to, args, history.SourceBytesMax,
				func(name string, data []byte) (imported, error) {
					r, notes, err := history.MSA(name, data, key)
					return imported{[]*advisory.Record{r}, notes}, err
				})
		},
	}
	toVar(c, &to)
	c.Flags().StringVar(&keyFile, "key", "", "file of the public key that must have signed")
	return c
}

func newImportXSA() *cobra.Command {
	var to string
	c := &cobra.Command{
		Use:     "xsa FILE",
		Short:   "The Xen Project's index, xsa.json: facts without texts or versions",
		Example: `  atoll advisory import xsa xsa.json --to others`,
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return importFiles(c, to, args, history.XSABytesMax,
				func(name string, data []byte) (imported, error) {
					records, notes, err := history.XSA(name, data)
					return imported{records, notes}, err
				})
		},
	}
	toVar(c, &to)
	return c
}

func newImportVulndb() *cobra.Command {
	var from, out string
	var date instant
	c := &cobra.Command{
		Use:   "vulndb ZIP",
		Short: "Merge a mirror of the Go vulnerability database with your records",
		Long: `Merge a mirror of the Go vulnerability database, its vulndb.zip, with your records: one
database, so that one -db of govulncheck knows both. The entries of the mirror stay as they are
(CC-BY-4.0).`,
		Example: `  atoll advisory import vulndb vulndb.zip --out merged`,
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if out == "" {
				return usagef("--out names the directory of the database", "no place for the database")
			}
			archive, err := readBounded(args[0], history.ZipBytesMax)
			if err != nil {
				return err
			}
			ours, err := fitToPublish(from, date.or(time.Now()), c.ErrOrStderr())
			if err != nil {
				return err
			}
			files, skipped, err := history.MergeVulndb(ours, archive)
			if err != nil {
				return &hinted{err, "a vulndb.zip as a Go vulnerability database publishes it", exitFailed}
			}
			showSkipped(c.ErrOrStderr(), skipped)
			return writeDatabase(c.OutOrStdout(), out, files)
		},
	}
	f := c.Flags()
	f.SortFlags = false
	fromVar(f, &from)
	f.Var(&date, "date", "at which your records are issued; now, if left out")
	f.StringVar(&out, "out", "", "directory of the database; it is not there yet, or empty")
	return c
}

// writeDatabase writes a Go vulnerability database as a directory of its own, for -db.
func writeDatabase(w io.Writer, out string, files []advisory.File) error {
	tree := &export.Tree{}
	entries := 0
	for _, f := range files {
		name := f.Path[len(govulndb.Dir):]
		if ok, _ := filepath.Match("ID/*.json", name); ok {
			entries++
		}
		tree.Files = append(tree.Files, advisory.File{Path: name, Data: f.Data})
	}
	ctx, cancel := untilInterrupt()
	defer cancel()
	if err := tree.Write(ctx, out, nil); err != nil {
		return err
	}
	full, err := filepath.Abs(out)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "%s: %d entries; govulncheck -db file://%s\n", out, entries,
		filepath.ToSlash(full))
	return err
}
