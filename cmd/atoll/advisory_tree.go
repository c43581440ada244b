package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/atoll-os/atoll/advisory"
	"github.com/atoll-os/atoll/advisory/export"
	"github.com/atoll-os/atoll/site"
)

// treeFlags say what a tree is made of.
type treeFlags struct {
	from string
	key  string
	docs string

	source string // URL of the files that documents link and the website does not have
	date   instant
}

// addPages adds the flags of which pages of the website are made.
func (t *treeFlags) addPages(f *pflag.FlagSet) {
	f.StringVar(&t.docs, "docs", "", "directory of documents in Markdown, for the website's pages")
	f.StringVar(&t.source, "source", "",
		"URL of the project's other files, for links out of the documents; of github.com, if left out")
}

func (t *treeFlags) add(f *pflag.FlagSet) {
	fromVar(f, &t.from)
	t.addPages(f)
	f.Var(&t.date, "date", "of the tree, the only clock that it knows; now, if left out")
	f.StringVar(&t.key, "key", "", "file of the private key that signs; unsigned, if left out")
}

// build makes the tree that follows a manifest, nil for the first, with the pages of the website.
func (t *treeFlags) build(previous *export.Manifest, now time.Time, stderr io.Writer) (*export.Tree,
	error) {
	o := export.Options{Previous: previous}
	if t.key != "" {
		var err error
		if o.Key, err = readKey(t.key); err != nil {
			return nil, err
		}
	}
	return t.buildAt(t.date.or(now), o, stderr)
}

// buildAt makes the tree of a date.
func (t *treeFlags) buildAt(date time.Time, o export.Options, stderr io.Writer) (*export.Tree,
	error) {
	bar := newBar("making the tree")
	defer bar.end()
	const steps = 4
	public, err := fitToPublish(t.from, date, stderr)
	if err != nil {
		return nil, err
	}
	bar.set(1, steps)
	o.More = func(exported []advisory.File) ([]advisory.File, error) {
		bar.set(2, steps)
		defer bar.set(3, steps)
		return t.pages(public, exported)
	}
	return export.Build(public, o)
}

// pages makes the website on top of the exported files.
func (t *treeFlags) pages(p *advisory.Public, files []advisory.File) ([]advisory.File, error) {
	in := site.Input{Public: p, Files: files, Source: t.source}
	if t.docs != "" {
		info, err := os.Stat(t.docs)
		if err == nil && !info.IsDir() {
			err = fmt.Errorf("%s is no directory", t.docs)
		}
		if err != nil {
			return nil, &hinted{err, "--docs names a directory of Markdown files", exitFailed}
		}
		in.Documents = os.DirFS(t.docs)
	}
	return site.Build(in)
}

// writeTree writes a tree into a new directory, and says what it is.
func writeTree(w io.Writer, tree *export.Tree, dir, signer string) error {
	ctx, cancel := untilInterrupt()
	defer cancel()
	bar := newBar("writing " + dir)
	err := tree.Write(ctx, dir, bar.set)
	bar.end()
	switch {
	case ctx.Err() != nil && err != nil:
		return &hinted{errors.New("interrupted"), "nothing was written", exitFailed}
	case errors.Is(err, export.ErrNotEmpty):
		return &hinted{err, "--out names a directory that is not there yet", exitFailed}
	case err != nil:
		return err
	}
	_, err = fmt.Fprintf(w, "%s: %s\n", dir, describe(tree.Manifest, signer))
	return err
}

// describe says in one line what a tree is.
func describe(m *export.Manifest, signer string) string {
	by := "unsigned"
	if signer != "" {
		by = "signed by " + signer
	}
	return fmt.Sprintf("sequence %d of %s, valid until %s, %d files, %s", m.Sequence,
		m.Issued.Format(advisory.TimeLayout), m.Expires.Format(advisory.TimeLayout), len(m.Files), by)
}

// signerOf names the key of the flags, "" if there is none.
func (t *treeFlags) signer() (string, error) {
	if t.key == "" {
		return "", nil
	}
	key, err := readKey(t.key)
	if err != nil {
		return "", err
	}
	return key.Fingerprint(), nil
}

// showSkipped says what records an exporter left out, and why: one line a reason.
func showSkipped(w io.Writer, skipped []advisory.Skip) {
	by := map[string][]string{}
	var reasons []string
	for _, s := range skipped {
		if by[s.Reason] == nil {
			reasons = append(reasons, s.Reason)
		}
		by[s.Reason] = append(by[s.Reason], s.ID)
	}
	slices.Sort(reasons)
	const named = 3
	for _, reason := range reasons {
		ids := by[reason]
		text := strings.Join(ids[:min(named, len(ids))], ", ")
		if more := len(ids) - named; more > 0 {
			text += fmt.Sprintf(" and %d more", more)
		}
		fmt.Fprintf(w, "left out: %s: %s\n", reason, text)
	}
}
