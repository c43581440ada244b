package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/atoll-os/atoll/advisory"
	"github.com/atoll-os/atoll/advisory/lint"
)

// newFlags are what is known of a new record.
type newFlags struct {
	from       string
	title      string
	module     string
	introduced string
	fixed      string
	severity   string
	cwe        []string
	reported   instant
}

func newAdvisoryNew() *cobra.Command {
	var o newFlags
	c := &cobra.Command{
		Use:   "new",
		Short: "Begin a record: take the next id and write its file",
		Long: `Begin a record: take the next id of the year and write a file with what is known, and
with a section for each thing that a reader needs. On a terminal, it asks for what no flag says.

The record is not issued: it is published nowhere until it has a line issued: with a time that
has come. Until then keep it where the public cannot read it.`,
		Example: `  atoll advisory new --title 'Out-of-bounds read in the parser' --module example.org/mod
  atoll advisory new --title 'Endless loop' --module example.org/mod --introduced 1.2.0`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			records, _, err := loadRecords(o.from)
			if err != nil {
				return err
			}
			if f, ok := c.InOrStdin().(*os.File); ok && term.IsTerminal(int(f.Fd())) {
				if err := o.ask(c.InOrStdin(), c.ErrOrStderr(), records); err != nil {
					return err
				}
			}
			name, err := o.write(records, time.Now())
			if err != nil {
				return err
			}
			fmt.Fprintln(c.ErrOrStderr(), "written; fill in the sections, then: atoll advisory lint "+o.from)
			_, err = fmt.Fprintln(c.OutOrStdout(), name)
			return err
		},
	}
	f := c.Flags()
	f.SortFlags = false
	fromVar(f, &o.from)
	f.StringVar(&o.title, "title", "", "one line that says what is wrong")
	f.StringVar(&o.module, "module", "", "path of the Go module, or stdlib or toolchain")
	f.StringVar(&o.introduced, "introduced", advisory.First, "first version that has the problem")
	f.StringVar(&o.fixed, "fixed", "", "first version that has it no more; none, if left out")
	f.StringVar(&o.severity, "severity", "", "vector of CVSS 3.1 or 4.0")
	f.StringSliceVar(&o.cwe, "cwe", nil, "kind of weakness, as CWE-125")
	f.Var(&o.reported, "reported", "when it was reported")
	return c
}

// ask asks for what no flag said.
func (o *newFlags) ask(in io.Reader, out io.Writer, c *advisory.Collection) error {
	lines := bufio.NewScanner(in)
	question := func(p *string, text, otherwise string) {
		if *p != "" && *p != advisory.First {
			return
		}
		if otherwise != "" {
			text += " [" + otherwise + "]"
		}
		fmt.Fprint(out, text+": ")
		answer := otherwise
		if lines.Scan() && strings.TrimSpace(lines.Text()) != "" {
			answer = strings.TrimSpace(lines.Text())
		}
		*p = answer
	}
	own := ""
	if len(c.Project.Modules) > 0 {
		own = c.Project.Modules[0]
	}
	question(&o.title, "What is wrong, in one line", "")
	question(&o.module, "Go module", own)
	question(&o.introduced, "First version that has it", advisory.First)
	question(&o.fixed, "First version that has it no more, if there is one", "")
	question(&o.severity, "CVSS vector, if it is known", "")
	return lines.Err()
}

// prompts are the sections of a new record. Lint finds what nobody filled in.
var prompts = map[string]string{
	"Description":        "[Describe what is wrong, and how it comes to it.]",
	"Impact":             "[Describe what somebody can do with it, and what they need for it.]",
	"Vulnerable systems": "[Describe who is affected, and who is not.]",
	"Mitigation":         `[Describe what helps before an update, or write "None."]`,
	"Resolution":         "[Describe which version to update to.]",
}

// write writes the record and returns the name of its file.
func (o *newFlags) write(c *advisory.Collection, now time.Time) (string, error) {
	if o.title == "" {
		return "", usagef("--title says what is wrong, in one line", "the record has no title")
	}
	r := &advisory.Record{Title: o.title, Reported: o.reported.time, CWE: o.cwe}
	if o.module != "" {
		a := advisory.Affected{Ecosystem: advisory.Go, Module: o.module,
			Ranges: []advisory.Range{{Introduced: o.introduced, Fixed: o.fixed}}}
		r.Affected = append(r.Affected, a)
	}
	if o.severity != "" {
		r.Severity = append(r.Severity, advisory.Severity{Vector: o.severity})
	}
	for _, name := range lint.Required {
		r.Sections = append(r.Sections, advisory.Section{Name: name, Text: prompts[name]})
	}
	year := now.UTC().Year()
	for range 100 { // somebody else may take the same number at once
		id, err := c.NextID(year)
		if err != nil {
			return "", err
		}
		r.ID, r.File = id, filepath.Join(o.from, fmt.Sprint(year), id+".md")
		if err := o.good(c, r, now); err != nil {
			return "", err
		}
		err = createFile(r.File, r.Append(nil), 0o644)
		if !errors.Is(err, fs.ErrExist) {
			return r.File, err
		}
		c = advisory.NewCollection(c.Project, append(c.Records(), &advisory.Record{ID: id}))
	}
	return "", errors.New("others take one number after the other: try again")
}

// good refuses what a flag says wrongly, before anything is written. What is still to be written is
// no fault: only findings about a line of the header count.
func (o *newFlags) good(c *advisory.Collection, r *advisory.Record, now time.Time) error {
	text := r.Append(nil)
	parsed, found := advisory.Parse(r.File, text)
	if len(found) == 0 {
		project := c.Project // whether the module is its own is lint's to say, not a flag's fault
		project.Modules = append(slices.Clone(project.Modules), o.module)
		alone := advisory.NewCollection(project, []*advisory.Record{parsed})
		found = lint.Check(alone, nil, lint.Options{Now: now})
	}
	header, _, _ := bytes.Cut(text, []byte("\n---\n"))
	last := bytes.Count(header, []byte("\n")) + 1
	for _, f := range found {
		if f.Line <= 1 || f.Line > last {
			continue
		}
		hint := f.Hint
		if f.Fix != "" {
			hint = "write " + f.Fix
		}
		return usagef(hint, "%s", f.Message)
	}
	return nil
}

// createFile writes a file that must not be there yet, whole or not at all.
func createFile(name string, data []byte, mode fs.FileMode) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+"-")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(data)
	if err == nil {
		err = f.Chmod(mode)
	}
	if err == nil {
		err = f.Sync()
	}
	if e := f.Close(); err == nil {
		err = e
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return os.Link(f.Name(), name) // unlike a rename, it takes nobody's place
}
