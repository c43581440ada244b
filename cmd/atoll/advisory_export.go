package main

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/atoll-os/atoll/advisory/export"
)

func newAdvisoryExport() *cobra.Command {
	var o treeFlags
	var out, previous string
	c := &cobra.Command{
		Use:   "export",
		Short: "Make the tree of files that tools and people read",
		Long: `Make the tree of everything that is published about the records which are issued at a
date: OSV, the Go vulnerability database, CSAF, OpenVEX, CVE drafts, Atom feeds, texts, the pages
of the website and a manifest of all files.

The same records, date and key give the same bytes: who has them can build the tree again and
compare. Publish uses the same flags, and puts the tree in its place.`,
		Example: `  atoll advisory export --out tree --date 2026-11-25
  atoll advisory export --out next --date 2026-11-26 --previous tree`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if out == "" {
				return usagef("--out names the directory of the tree", "no place for the tree")
			}
			before, err := previousManifest(previous)
			if err != nil {
				return err
			}
			signer, err := o.signer()
			if err != nil {
				return err
			}
			tree, err := o.build(before, time.Now(), c.ErrOrStderr())
			if err != nil {
				return err
			}
			showSkipped(c.ErrOrStderr(), tree.Skipped)
			return writeTree(c.OutOrStdout(), tree, out, signer)
		},
	}
	f := c.Flags()
	f.SortFlags = false
	o.add(f)
	f.StringVar(&out, "out", "", "directory of the tree; it is not there yet, or empty")
	f.StringVar(&previous, "previous", "", "tree that this one follows; none, if it is the first")
	return c
}

// previousManifest reads the manifest of a tree; nil if there is no tree.
func previousManifest(tree string) (*export.Manifest, error) {
	if tree == "" {
		return nil, nil
	}
	name := filepath.Join(tree, filepath.FromSlash(export.ManifestPath))
	b, err := os.ReadFile(name)
	if err != nil {
		return nil, &hinted{err, "--previous names a tree that export or publish made", exitFailed}
	}
	m, err := export.ReadManifest(b)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return m, nil
}
