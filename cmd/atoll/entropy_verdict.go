package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"text/tabwriter"

	"github.com/atoll-os/atoll/entropy/assess"
	assessreport "github.com/atoll-os/atoll/entropy/assess/report"
)

// assessmentJSON prints what was found: a matrix of restarts alone, or an assessment and, under a
// name of their own, the tests for independence.
func assessmentJSON(w io.Writer, found *assessreport.Page) error {
	if found.Restart != nil {
		return printJSON(w, found.Restart)
	}
	return printJSON(w, struct {
		*assess.Result
		IID *assess.IIDResult `json:"iid,omitempty"`
	}{found.Result, found.IID})
}

// writeAssessment writes report.html and the plots into a directory, each file whole or not at all.
func writeAssessment(dir string, found *assessreport.Page, q *assess.Sequence) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	plots := assess.Plot(q)
	found.Plots = plots
	for _, f := range []struct {
		name  string
		write func(io.Writer) error
	}{
		{"histogram.svg", func(w io.Writer) error { return assessreport.Histogram(w, plots) }},
		{"autocorrelation.svg", func(w io.Writer) error {
			return assessreport.Autocorrelation(w, plots)
		}},
		{"runs.svg", func(w io.Writer) error { return assessreport.Runs(w, plots) }},
		{"image.svg", func(w io.Writer) error { return assessreport.Image(w, plots) }},
		{"report.html", func(w io.Writer) error { return assessreport.HTML(w, found) }},
	} {
		if err := writeFile(filepath.Join(dir, f.name), f.write); err != nil {
			return err
		}
	}
	return nil
}

// showAssessment prints what was found for people: the verdicts, then the tables, then the notes.
func showAssessment(w io.Writer, found *assessreport.Page) error {
	if found.Restart != nil {
		return showRestart(w, found.Restart)
	}
	r := found.Result
	fmt.Fprintln(w, r.Verdict)
	notes := r.Notes
	if found.IID != nil {
		fmt.Fprintln(w, found.IID.Verdict)
		notes = append(notes, found.IID.Notes...)
	}
	fmt.Fprintf(w, "\n%d symbols of %d bits, %d different; %s binds\n\n", r.Samples, r.SymbolBits,
		r.Distinct, r.Binding)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "estimator\tbits per symbol\t")
	for _, e := range r.Estimators {
		mark := ""
		if e.Name == r.Binding {
			mark = "binds"
		}
		fmt.Fprintf(t, "%s\t%.4f\t%s\n", e.Name, e.Bits, mark)
	}
	for _, s := range r.Skipped {
		fmt.Fprintf(t, "%s\t-\t%s\n", s.Name, s.Why)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	if found.IID != nil {
		if err := showIID(w, found.IID); err != nil {
			return err
		}
	}
	return showNotes(w, notes)
}

// showIID prints the tests for independence.
func showIID(w io.Writer, r *assess.IIDResult) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "\ntest\tscore\tdegrees of freedom\tchance\t")
	for _, x := range r.Tests {
		score, df := "-", "-"
		if x.DF > 0 {
			score, df = fmt.Sprintf("%.1f", x.Score), fmt.Sprint(x.DF)
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%.3g\t%s\n", x.Name, score, df, x.Chance, passed(x.Passed))
	}
	if err := t.Flush(); err != nil || r.Permutations == nil {
		return err
	}
	t = tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "\nstatistic\tvalue\tgreater\tequal\tless\t")
	for _, x := range r.Permutations {
		fmt.Fprintf(t, "%s\t%.6g\t%d\t%d\t%d\t%s\n", x.Name, x.Value, x.Greater, x.Equal, x.Less,
			passed(x.Passed))
	}
	return t.Flush()
}

func passed(p bool) string {
	if p {
		return "passed"
	}
	return "failed"
}

// showRestart prints what a matrix of restarts says.
func showRestart(w io.Writer, r *assess.RestartResult) error {
	fmt.Fprintf(w, "%s\n\n%d restarts, %d symbols of %d bits after each; a symbol occurs %d times in "+
		"a row or column, and may %d times\n\n", r.Verdict, r.Restarts, r.Each, r.SymbolBits,
		r.Greatest, r.Cutoff)
	columns := map[string]float64{}
	for _, e := range r.Columns {
		columns[e.Name] = e.Bits
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "estimator\tby rows\tby columns")
	for _, e := range r.Rows {
		byColumns := "-"
		if bits, ok := columns[e.Name]; ok {
			byColumns = fmt.Sprintf("%.4f", bits)
		}
		fmt.Fprintf(t, "%s\t%.4f\t%s\n", e.Name, e.Bits, byColumns)
		delete(columns, e.Name)
	}
	for _, e := range r.Columns {
		if _, ok := columns[e.Name]; ok {
			fmt.Fprintf(t, "%s\t-\t%.4f\n", e.Name, e.Bits)
		}
	}
	if err := t.Flush(); err != nil {
		return err
	}
	return showNotes(w, r.Notes)
}

func showNotes(w io.Writer, notes []string) error {
	for _, note := range notes {
		if _, err := fmt.Fprintf(w, "\nnote: %s\n", note); err != nil {
			return err
		}
	}
	return nil
}
