package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/atoll-os/atoll/advisory"
)

// ratings are what a severity can be, from low to high.
var ratings = []string{"none", "low", "medium", "high", "critical"}

// listFlags say which records to list.
type listFlags struct {
	from      string
	module    string
	severity  string
	withdrawn bool
	json      bool
}

// listed is what list prints of a record.
type listed struct {
	ID       string     `json:"id"`
	Title    string     `json:"title"`
	Issued   *time.Time `json:"issued,omitempty"`
	Modified *time.Time `json:"modified,omitempty"`
	Score    float64    `json:"score,omitempty"` // the highest of its vectors
	Rating   string     `json:"severity,omitempty"`
	Modules  []string   `json:"modules,omitempty"` // opam's as opam/NAME
	Images   []string   `json:"images,omitempty"`
	State    string     `json:"state"` // draft, planned, issued, withdrawn
	Imported string     `json:"imported,omitempty"`
	File     string     `json:"file"`
}

func newAdvisoryList() *cobra.Command {
	var o listFlags
	c := &cobra.Command{
		Use:   "list",
		Short: "List the records of a directory",
		Example: `  atoll advisory list
  atoll advisory list --module example.org/mod --severity high
  atoll advisory list --withdrawn --json`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			least := slices.Index(ratings, strings.ToLower(o.severity))
			if o.severity != "" && least < 0 {
				return usagef("--severity takes "+strings.Join(ratings, ", "),
					"unknown severity %q", o.severity)
			}
			records, found, err := loadRecords(o.from)
			if err != nil {
				return err
			}
			for _, f := range found {
				fmt.Fprintln(c.ErrOrStderr(), f)
			}
			rows := []listed{}
			for _, r := range records.Records() {
				if row := rowOf(r, time.Now()); o.match(&row, least) {
					rows = append(rows, row)
				}
			}
			if o.json {
				return printJSON(c.OutOrStdout(), rows)
			}
			return showList(c.OutOrStdout(), rows)
		},
	}
	f := c.Flags()
	f.SortFlags = false
	fromVar(f, &o.from)
	f.StringVar(&o.module, "module", "", "only those about this module, or below this path")
	f.StringVar(&o.severity, "severity", "", "only those of at least this severity: low to critical")
	f.BoolVar(&o.withdrawn, "withdrawn", false, "only those that were withdrawn")
	f.BoolVar(&o.json, "json", false, "print one JSON array")
	return c
}

// match tells whether a record is asked for; least is the lowest rating, -1 for any.
func (o *listFlags) match(row *listed, least int) bool {
	about := o.module == "" || slices.ContainsFunc(row.Modules, func(m string) bool {
		return m == o.module || strings.HasPrefix(m, strings.TrimSuffix(o.module, "/")+"/")
	})
	return about && slices.Index(ratings, row.Rating) >= least &&
		(!o.withdrawn || row.State == "withdrawn")
}

// rowOf says what list prints of a record.
func rowOf(r *advisory.Record, now time.Time) listed {
	row := listed{ID: r.ID, Title: r.Title, State: "issued", File: r.File}
	switch {
	case r.Issued.IsZero():
		row.State = "draft"
	case r.Issued.After(now):
		row.State = "planned"
	case r.Withdrawn != nil:
		row.State = "withdrawn"
	}
	if changed := r.Changed(); !r.Issued.IsZero() {
		row.Issued, row.Modified = &r.Issued, &changed
	}
	for _, s := range r.Severity {
		score, rating, err := s.Score()
		if err == nil && (row.Rating == "" || score > row.Score) {
			row.Score, row.Rating = score, strings.ToLower(rating)
		}
	}
	for _, a := range r.Affected {
		name := a.Module
		if a.Ecosystem != advisory.Go {
			name = a.Ecosystem + "/" + name
		}
		row.Modules = append(row.Modules, name)
	}
	for _, i := range r.Images {
		row.Images = append(row.Images, i.Name)
	}
	if r.Imported != nil {
		row.Imported = r.Imported.From
	}
	return row
}

// showList prints a table.
func showList(w io.Writer, rows []listed) error {
	if len(rows) == 0 {
		_, err := fmt.Fprintln(w, "no records")
		return err
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "ID\tISSUED\tSEVERITY\tABOUT\tTITLE")
	for _, row := range rows {
		issued, severity := row.State, "-"
		if row.State == "issued" {
			issued = row.Issued.Format(time.DateOnly)
		}
		if row.Rating != "" {
			severity = fmt.Sprintf("%s %.1f", row.Rating, row.Score)
		}
		about, title := strings.Join(append(row.Modules, row.Images...), ", "), row.Title
		if row.Imported != "" {
			title += " (imported: " + row.Imported + ")"
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\n", row.ID, issued, severity, shortened(about, 40), title)
	}
	return t.Flush()
}

// shortened cuts a text to so many characters.
func shortened(s string, most int) string {
	runes := []rune(s)
	if len(runes) <= most {
		return s
	}
	return string(runes[:most-1]) + "…"
}
