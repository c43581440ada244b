package unikernel

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// help prints what --help shows.
func (d *decoder) help(w io.Writer) {
	name := d.config.options.Name
	if d.doc != "" {
		fmt.Fprintf(w, "%s\n\n", d.doc)
	}
	fmt.Fprintln(w, strings.TrimRight(fmt.Sprintf("Usage: %s [settings] %s", name, d.takesArgs), " "))
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	if d.serviceFields > 0 {
		fmt.Fprintf(table, "\nSettings:\n")
	}
	for i, f := range d.fields {
		if i == d.serviceFields {
			fmt.Fprintf(table, "\nSettings of every machine:\n")
		}
		fmt.Fprintf(table, "  %s\t%s\n", d.usage(f), about(f))
	}
	table.Flush()
	example := "grace"
	if d.serviceFields > 0 {
		example = d.fields[0].name
	}
	fmt.Fprintf(w, "\nA setting may also be a variable, %s=..., or a line \"%s = ...\" of the file\n"+
		"that --config names. Arguments win over variables, variables over the file.\n",
		d.variable(example), example)
}

func (d *decoder) usage(f *field) string {
	switch {
	case f.secret:
		return d.variable(f.name)
	case f.value.Kind() == boolKind:
		return "--" + f.name
	}
	return "--" + f.name + " " + placeholder(f.value.Type())
}

// about returns the text beside a setting: what it does, its default, its range.
func about(f *field) string {
	var notes []string
	if f.secret {
		notes = append(notes, "secret: no flag")
	}
	if f.required && f.value.IsZero() {
		notes = append(notes, "required")
	} else if f.fallback != "" && f.value.Kind() != boolKind && !f.secret {
		notes = append(notes, "default "+f.fallback)
	}
	if f.value.Kind() == boolKind && f.fallback == "true" {
		notes = append(notes, "default true")
	}
	if f.min != "" {
		notes = append(notes, "at least "+f.min)
	}
	if f.max != "" {
		notes = append(notes, "at most "+f.max)
	}
	text := f.doc
	if len(notes) > 0 {
		text += " (" + strings.Join(notes, ", ") + ")"
	}
	return strings.TrimSpace(text)
}

// printConfig prints what --print-config shows: each setting with where it comes from. But for
// secrets it is a file that --config reads.
func (d *decoder) printConfig(w io.Writer) {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, f := range d.fields {
		if f.flagOnly || f.name == "config" {
			continue
		}
		text := quote(format(f.value))
		if f.secret && !f.value.IsZero() {
			text = "***"
		}
		from := f.from
		if from == "" {
			from = "default"
		}
		fmt.Fprintf(table, "%s = %s\t# %s\n", f.name, text, from)
	}
	table.Flush()
}
