package check

import (
	"fmt"
	"io"
	"strings"

	"github.com/atoll-os/atoll/internal/terminal"
)

// WriteText writes a result for people, the verdict first. What is not affected is only counted,
// unless all is set.
func (r *Result) WriteText(w io.Writer, all bool) error {
	var b strings.Builder
	for i := range r.Reports {
		if i > 0 {
			b.WriteString("\n")
		}
		r.Reports[i].text(&b, all)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (r *Report) text(b *strings.Builder, all bool) {
	level := "versions of modules"
	if r.Level == LevelSymbol {
		level += " and symbols that are reached"
	}
	fmt.Fprintf(b, "%s: %s\n", r.Status(), terminal.Line(r.Target.Target))
	fmt.Fprintf(b, "  %s, %s, judged by %s: %s\n", r.Target.Kind,
		count(len(r.Target.Modules), "module"), level, r.summary())
	for _, g := range r.Gaps {
		fmt.Fprintf(b, "  %-12s  %s\n", Unknown, terminal.Line(g))
	}
	for _, s := range statuses {
		for _, v := range r.Verdicts {
			if v.Status == s && v.Suppressed == nil && (s != NotAffected || all) {
				v.text(b)
			}
		}
	}
	for _, v := range r.Verdicts {
		if v.Suppressed != nil {
			v.text(b)
		}
	}
	for _, n := range r.Notes {
		fmt.Fprintf(b, "  note: %s\n", terminal.Line(n))
	}
}

// summary counts the verdicts.
func (r *Report) summary() string {
	n, suppressed := map[Status]int{}, 0
	for _, v := range r.Verdicts {
		if v.Suppressed != nil {
			suppressed++
			continue
		}
		n[v.Status]++
	}
	n[Unknown] += len(r.Gaps)
	text := fmt.Sprintf("%d affected, %d unknown, %d not affected", n[Affected], n[Unknown],
		n[NotAffected])
	if suppressed > 0 {
		text += fmt.Sprintf(", %d ignored", suppressed)
	}
	return text
}

func (v *Verdict) text(b *strings.Builder) {
	status := string(v.Status)
	if v.Suppressed != nil {
		status = "ignored"
	}
	fmt.Fprintf(b, "  %-12s  %s  %s: %s\n", status, terminal.Line(v.Record.ID), v.Module.name(),
		terminal.Line(v.Reason))
	line := func(text string) {
		if text != "" {
			fmt.Fprintf(b, "%16s%s\n", "", terminal.Line(text))
		}
	}
	line(v.Record.Title())
	if v.Status != NotAffected && v.Fixed != "" {
		line("fixed in " + v.Fixed)
	}
	for _, t := range v.Trace {
		line("  " + t)
	}
	if v.Suppressed != nil {
		line(fmt.Sprintf("%s: %s (%s)", v.Status, v.Suppressed.Reason, v.Suppressed.By))
	}
	line(v.Module.place())
	line(v.Record.URL())
}

// name is the module with its version, as far as it is known.
func (m *Module) name() string {
	if m.Version == "" {
		return terminal.Line(m.Path)
	}
	return terminal.Line(m.Path + " " + m.Version)
}

// place is where the module is named.
func (m *Module) place() string {
	if m.Line == 0 {
		return ""
	}
	return fmt.Sprintf("%s:%d", m.File, m.Line)
}

// count writes a number with its noun.
func count(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return fmt.Sprintf("%d %s", n, noun)
}
