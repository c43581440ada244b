package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/atoll-os/atoll/advisory"
	"github.com/atoll-os/atoll/advisory/export"
	"github.com/atoll-os/atoll/advisory/publish"
	"github.com/atoll-os/atoll/advisory/sign"
)

// verified is what verify prints with --json.
type verified struct {
	Sequence int                `json:"sequence"`
	Issued   time.Time          `json:"issued"`
	Expires  time.Time          `json:"expires"`
	Files    int                `json:"files"`
	Signer   string             `json:"signer,omitempty"` // fingerprint of the key
	Pinned   bool               `json:"pinned"`           // the key was given with --key
	Rebuilt  bool               `json:"rebuilt"`          // it was held against the records of --from
	Findings []advisory.Finding `json:"findings"`
	manifest *export.Manifest
}

func newAdvisoryVerify() *cobra.Command {
	var keyFile string
	var date instant
	var asJSON bool
	var o treeFlags
	c := &cobra.Command{
		Use:   "verify TREE|URL",
		Short: "Check a published tree: hashes, signatures, validity",
		Long: `Check a published tree, a directory or the address of a website: that every file is the
one in the manifest, that every signature is right, and that nothing has expired.

With --key, signatures must be by that key. Without it they are held against the key in the tree
itself, which shows damage, but not who made the tree.

With --from, the tree is built again of the records, at its date, and every file must be the same,
bit for bit: that takes no private key. Name the --docs and --source that it was published with.`,
		Example: `  atoll advisory verify site
  atoll advisory verify site --from advisories
  atoll advisory verify site --json`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if o.from == "" && (o.docs != "" || o.source != "") {
				return usagef("--from names the records that the tree is built of again",
					"--docs and --source are for building the tree again")
			}
			ctx, cancel := untilInterrupt()
			defer cancel()
			terms := publish.Terms{Date: date.or(time.Now())}
			if keyFile != "" {
				key, err := readPublicKey(keyFile)
				if err != nil {
					return err
				}
				terms.Key = key
			}
			tree, err := readTree(ctx, args[0])
			if err != nil {
				return err
			}
			v := verify(ctx, tree, terms)
			if ctx.Err() == nil && o.from != "" {
				err = o.rebuild(tree, terms.Key, v, c.ErrOrStderr())
			}
			if ctx.Err() != nil {
				err = errors.New("interrupted")
			}
			if err != nil {
				return err
			}
			return showVerified(c.OutOrStdout(), c.ErrOrStderr(), args[0], v, asJSON)
		},
	}
	f := c.Flags()
	f.SortFlags = false
	f.StringVar(&keyFile, "key", "", "file of the public key that must have signed")
	f.Var(&date, "date", "at which the tree must be valid; now, if left out")
	f.StringVar(&o.from, "from", "",
		"directory of project.yaml and the records, to build the tree again and compare")
	o.addPages(f)
	f.BoolVar(&asJSON, "json", false, "print one JSON object")
	return c
}

// readTree reads a tree from a directory or a website.
func readTree(ctx context.Context, name string) ([]advisory.File, error) {
	if !strings.HasPrefix(name, "http://") && !strings.HasPrefix(name, "https://") {
		_, err := os.Stat(filepath.Join(name, filepath.FromSlash(export.ManifestPath)))
		if err != nil {
			return nil, &hinted{err, "name the directory of a tree, or an address with https://",
				exitFailed}
		}
		return publish.Read(os.DirFS(name))
	}
	bar := newBar("reading " + name)
	defer bar.end()
	tree, err := publish.Fetch(ctx, nil, name, bar.set)
	if ctx.Err() != nil {
		return nil, errors.New("interrupted")
	}
	if err != nil {
		return nil, &hinted{err, "is it the address of the website's root?", exitFailed}
	}
	return tree, nil
}

// verify judges a tree.
func verify(ctx context.Context, tree []advisory.File, terms publish.Terms) *verified {
	bar := newBar("checking signatures")
	defer bar.end()
	terms.Progress = bar.set
	v := &verified{Findings: publish.Judge(ctx, tree, terms), Pinned: terms.Key != nil}
	if v.Findings == nil {
		v.Findings = []advisory.Finding{}
	}
	for _, f := range tree {
		if f.Path != export.ManifestPath {
			continue
		}
		if m, err := export.ReadManifest(f.Data); err == nil {
			v.manifest = m
			v.Sequence, v.Issued, v.Expires, v.Files = m.Sequence, m.Issued, m.Expires, len(m.Files)
		}
	}
	if key := publish.Signer(tree); key != nil {
		v.Signer = key.Fingerprint()
	}
	if terms.Key != nil && len(v.Findings) == 0 {
		v.Signer = terms.Key.Fingerprint()
	}
	return v
}

// rebuild builds a tree again of its records, and adds what is not the same.
func (t *treeFlags) rebuild(tree []advisory.File, key *sign.Public, v *verified,
	stderr io.Writer) error {
	if v.manifest == nil {
		return nil // a finding says so
	}
	if key == nil {
		key = publish.Signer(tree)
	}
	again, err := t.buildAt(v.Issued, export.Options{Public: key}, stderr)
	if err != nil {
		return err
	}
	v.Rebuilt = true
	v.Findings = append(v.Findings, export.Compare(tree, again.Files, key)...)
	advisory.SortFindings(v.Findings)
	return nil
}

// showVerified prints what was found; any finding is a failure.
func showVerified(stdout, stderr io.Writer, name string, v *verified, asJSON bool) error {
	if asJSON {
		if err := printJSON(stdout, v); err != nil {
			return err
		}
	}
	if n := len(v.Findings); n > 0 {
		if !asJSON {
			for _, f := range v.Findings {
				fmt.Fprintln(stderr, f)
			}
		}
		return &hinted{fmt.Errorf("%s is not as it was published: findings: %d", name, n),
			"if it is a copy, fetch it again; if it is yours, publish anew", exitFailed}
	}
	switch {
	case v.Signer == "":
		fmt.Fprintln(stderr, "unsigned: nothing shows who made it")
	case !v.Pinned:
		fmt.Fprintln(stderr, "the key is the tree's own: --key says whose it must be")
	}
	if asJSON {
		return nil
	}
	good := "good"
	if v.Rebuilt {
		good = "good, and what the records make"
	}
	_, err := fmt.Fprintf(stdout, "%s: %s: %s\n", name, good, describe(v.manifest, v.Signer))
	return err
}
