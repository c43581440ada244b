package check

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/atoll-os/atoll/advisory"
	"github.com/atoll-os/atoll/internal/yamltext"
)

// Exception is an entry of an ignore file: an advisory that somebody has looked at, why it does not
// count, and until when.
type Exception struct {
	ID     string // of the advisory, or one of its aliases
	Reason string
	Until  time.Time // the first day on which it counts again
	File   string
	Line   int
}

// Limits of an ignore file.
const (
	ignoreBytesMax = 1 << 20
	ignoreDepthMax = 8
)

// ReadIgnore reads an ignore file:
//
//	ignore:
//	  - id: ATOLL-2026-0001
//	    reason: the parser is not reachable from the network
//	    until: 2026-12-31
//
// Entries that do not hold, because something is missing or their day is past, are findings, and
// ignore nothing.
func ReadIgnore(name string, now time.Time) (list []Exception, findings []advisory.Finding,
	err error) {
	text, err := readMax(name, ignoreBytesMax)
	if err != nil {
		return nil, nil, err
	}
	return parseIgnore(name, text, now)
}

func parseIgnore(name string, text []byte, now time.Time) (list []Exception,
	findings []advisory.Finding, err error) {
	root, wrong := yamltext.Root(text, ignoreDepthMax)
	if wrong != nil {
		return nil, nil, fmt.Errorf("check: %s:%d: not YAML: %w", name, max(1, wrong.Line), wrong)
	}
	entries, err := ignoreEntries(root)
	if err != nil {
		return nil, nil, fmt.Errorf("check: %s:%w", name, err)
	}
	for _, n := range entries {
		e, missing, err := exception(n)
		if err != nil {
			return nil, nil, fmt.Errorf("check: %s:%w", name, err)
		}
		e.File = name
		f := advisory.Finding{File: name, Line: e.Line, ID: e.ID}
		switch {
		case missing != "":
			f.Message = "the entry has no " + missing + ", and ignores nothing"
			f.Hint = "write id, reason and until (a day, " + time.DateOnly + ")"
			findings = append(findings, f)
		case !now.Before(e.Until):
			f.Message = "the entry ended on " + e.Until.Format(time.DateOnly)
			f.Hint = "look at " + e.ID + " again: remove the entry, or say why it still holds"
			findings = append(findings, f)
		default:
			list = append(list, e)
		}
	}
	return list, findings, nil
}

// ignoreEntries returns the items of the list "ignore", which is all that such a file has. Anchors
// and aliases have no use in it.
func ignoreEntries(root *yaml.Node) ([]*yaml.Node, error) {
	if root == nil {
		return nil, errors.New("1: it is empty")
	}
	if root.Kind != yaml.MappingNode || len(root.Content) != 2 ||
		root.Content[0].Value != "ignore" || root.Content[1].Kind != yaml.SequenceNode {
		return nil, fmt.Errorf("%d: want one list with the name ignore", root.Line)
	}
	return root.Content[1].Content, nil
}

// exception reads one entry, and names the first thing that is missing.
func exception(n *yaml.Node) (e Exception, missing string, err error) {
	e.Line = n.Line
	if n.Kind != yaml.MappingNode {
		return e, "", fmt.Errorf("%d: want id, reason and until", n.Line)
	}
	until := ""
	fields := map[string]*string{"id": &e.ID, "reason": &e.Reason, "until": &until}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		to, ok := fields[key.Value]
		if !ok || value.Kind != yaml.ScalarNode {
			return e, "", fmt.Errorf("%d: %s is not id, reason or until with a text", key.Line,
				quote(key.Value))
		}
		*to = strings.TrimSpace(value.Value)
		if yamltext.Null(value) {
			*to = ""
		}
	}
	for _, name := range []string{"id", "reason", "until"} {
		if *fields[name] == "" {
			return e, name, nil
		}
	}
	e.Until, err = time.Parse(time.DateOnly, until)
	if err != nil {
		return e, "", fmt.Errorf("%d: until: %s is no day as %s", n.Line, quote(until), time.DateOnly)
	}
	return e, "", nil
}

// ignore applies exceptions to all verdicts, and lists those that no verdict needed.
func (r *Result) ignore(list []Exception) {
	for _, e := range list {
		used := false
		for i := range r.Reports {
			for j := range r.Reports[i].Verdicts {
				v := &r.Reports[i].Verdicts[j]
				if v.Status == NotAffected || !slices.Contains(v.Record.ids(), e.ID) {
					continue
				}
				used = true
				if v.Suppressed == nil {
					v.Suppressed = &Suppressed{By: fmt.Sprintf("%s:%d", e.File, e.Line),
						Reason: e.Reason, Until: e.Until}
				}
			}
		}
		if !used {
			r.Unused = append(r.Unused, e)
		}
	}
}
