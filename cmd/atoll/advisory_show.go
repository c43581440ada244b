package main

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/atoll-os/atoll/advisory"
	"github.com/atoll-os/atoll/advisory/osv"
	"github.com/atoll-os/atoll/internal/nearest"
)

func newAdvisoryShow() *cobra.Command {
	var from string
	var asJSON bool
	c := &cobra.Command{
		Use:   "show ID",
		Short: "Show one record",
		Long: `Show one record, as it is written down; with --json, as an entry in OSV's format.

ID is the record's, or one of its aliases such as a CVE.`,
		Example: `  atoll advisory show EX-2026-0001
  atoll advisory show EX-2026-0001 --json`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			records, _, err := loadRecords(from)
			if err != nil {
				return err
			}
			r, err := recordNamed(records, args[0])
			if err != nil {
				return err
			}
			if !asJSON {
				_, err := c.OutOrStdout().Write(r.Append(nil))
				return err
			}
			e, err := osv.Build(&records.Project, r)
			if err != nil {
				return err
			}
			return printJSON(c.OutOrStdout(), json.RawMessage(e.Append(nil)))
		},
	}
	f := c.Flags()
	f.SortFlags = false
	fromVar(f, &from)
	f.BoolVar(&asJSON, "json", false, "print it as an OSV entry")
	return c
}

// recordNamed finds a record by its id in any letters, its id in OSV or an alias.
func recordNamed(c *advisory.Collection, name string) (*advisory.Record, error) {
	var ids []string
	for _, r := range c.Records() {
		ids = append(ids, r.ID)
		for _, id := range append([]string{r.ID, c.Project.ID(r)}, r.Aliases...) {
			if strings.EqualFold(id, name) {
				return r, nil
			}
		}
	}
	hint := "atoll advisory list shows what there is"
	if near := nearest.Name(strings.ToUpper(name), ids); near != "" {
		hint = "did you mean " + near + "?"
	}
	return nil, &hinted{fmt.Errorf("there is no record %s", name), hint, exitFailed}
}
