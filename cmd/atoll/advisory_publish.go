package main

import (
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/atoll-os/atoll/advisory/publish"
)

func newAdvisoryPublish() *cobra.Command {
	var o treeFlags
	var to, newKey string
	c := &cobra.Command{
		Use:   "publish",
		Short: "Put a new tree in the place of the published one, if it keeps what that promised",
		Long: `Make the tree of the records, hold it against the published one, put it in its place.

Nothing that was published may vanish, no date of issue may change and no date of modification go
back, a withdrawal must say why, signatures must be right, and keys and security.txt must be
valid for 30 more days. Otherwise nothing is published, and all reasons are listed.

--to names a symbolic link, which is flipped in one step to TREE.SEQUENCE beside it: readers see
the old tree or the new one, whole, even if this command is killed. The last 3 trees are kept.
Publish at least every 14 days: an older manifest means to clients that somebody holds news back.`,
		Example: `  atoll advisory publish --to site
  atoll advisory publish --from advisories --to site`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if to == "" {
				return usagef("--to names the link to the published tree", "no place to publish to")
			}
			place, err := publish.Open(to)
			if err != nil {
				return placeError(err)
			}
			defer place.Close()
			return o.publish(place, to, newKey, c.OutOrStdout(), c.ErrOrStderr())
		},
	}
	f := c.Flags()
	f.SortFlags = false
	o.add(f)
	f.StringVar(&to, "to", "", "link to the published tree")
	f.StringVar(&newKey, "new-key", "",
		"fingerprint of the key that takes over from the published one")
	return c
}

// publish makes the tree that follows the published one and hands it to the gate.
func (t *treeFlags) publish(place *publish.Place, to, newKey string,
	stdout, stderr io.Writer) error {
	signer, err := t.signer()
	if err != nil {
		return err
	}
	previous, err := place.Manifest()
	if err != nil {
		return err
	}
	now := time.Now()
	tree, err := t.build(previous, now, stderr)
	if err != nil {
		return err
	}
	showSkipped(stderr, tree.Skipped)
	ctx, cancel := untilInterrupt()
	defer cancel()
	gate, disk := newBar("holding it against the published tree"), newBar("writing it")
	dir, err := place.Publish(ctx, tree, publish.Options{Date: t.date.or(now), Now: now,
		NewKey: newKey, Judging: gate.set, Writing: func(done, total int) {
			gate.end()
			disk.set(done, total)
		}})
	gate.end()
	disk.end()
	if err != nil && ctx.Err() != nil {
		return &hinted{errors.New("interrupted"), "the published tree is as it was", exitFailed}
	}
	var refused *publish.RefusedError
	if errors.As(err, &refused) {
		for _, f := range refused.Findings {
			fmt.Fprintln(stderr, f)
		}
		return &hinted{fmt.Errorf("not published: findings of the gate: %d", len(refused.Findings)),
			"the published tree is as it was", exitFailed}
	}
	if err != nil {
		return placeError(err)
	}
	_, err = fmt.Fprintf(stdout, "%s -> %s: %s\n", to, dir, describe(tree.Manifest, signer))
	return err
}

// placeError adds what to do to what is wrong with a place.
func placeError(err error) error {
	var unsuitable *publish.UnsuitableError
	var busy *publish.BusyError
	var date *publish.DateError
	switch {
	case errors.As(err, &unsuitable):
		return &hinted{err, unsuitable.Hint, exitFailed}
	case errors.As(err, &busy):
		return &hinted{err, "wait until it is done", exitFailed}
	case errors.As(err, &date):
		return &hinted{err, "leave out --date; atoll advisory export makes trees of other dates",
			exitFailed}
	}
	return err
}
