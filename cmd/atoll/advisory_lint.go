package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/atoll-os/atoll/advisory"
	"github.com/atoll-os/atoll/advisory/lint"
)

func newAdvisoryLint() *cobra.Command {
	var public, asJSON bool
	var date instant
	c := &cobra.Command{
		Use:   "lint [DIR]",
		Short: "Say what is wrong with the records of a directory",
		Long: `Say everything that is wrong with the records of a directory, each with its file, its
line and what to do. Nothing on standard output, and exit code 0, is a directory that is fit to
be published.

--public is for a repository that everybody can read: a record that is not issued yet is wrong
there.`,
		Example: `  atoll advisory lint
  atoll advisory lint advisories --public --json`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			dir := recordsDir
			if len(args) > 0 {
				dir = args[0]
			}
			records, found, err := loadRecords(dir)
			if err != nil {
				return err
			}
			found = lint.Check(records, found, lint.Options{Now: date.or(time.Now()), Public: public})
			if asJSON {
				if found == nil {
					found = []advisory.Finding{}
				}
				err = printJSON(c.OutOrStdout(), found)
			} else {
				_, err = fmt.Fprint(c.OutOrStdout(), lint.Text(found))
			}
			if err == nil && len(found) > 0 {
				err = &hinted{fmt.Errorf("%s is not fit to be published", dir), "", exitFailed}
			} else if err == nil && !asJSON {
				fmt.Fprintf(c.ErrOrStderr(), "%s: nothing wrong with its records (%d)\n", dir,
					len(records.Records()))
			}
			return err
		},
	}
	f := c.Flags()
	f.SortFlags = false
	f.BoolVar(&public, "public", false, "everybody can read the directory")
	f.Var(&date, "date", "that counts as today; now, if left out")
	f.BoolVar(&asJSON, "json", false, "print one JSON array")
	return c
}
