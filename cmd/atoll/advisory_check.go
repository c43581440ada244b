package main

import (
	"context"
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

	"github.com/atoll-os/atoll/advisory/check"
)

// Exit codes of atoll advisory check besides those of every command.
const (
	exitAffected = 3
	exitUnknown  = 4
)

// checkFlags are those of atoll advisory check.
type checkFlags struct {
	databases []string
	keys      []string
	ignore    string
	vex       []string
	symbols   bool
	unknown   bool
	all       bool
	json      bool
	format    string
}

func newAdvisoryCheck() *cobra.Command {
	o := &checkFlags{}
	c := &cobra.Command{
		Use:   "check TARGET... --db DATABASE",
		Short: "Tell whether a module, a program or an image is affected by advisories",
		Long: `Tell whether a module, a program or an image is affected by advisories.

A TARGET is a directory with go.mod or go.work, a Go program, an image with a bill of materials, a
bill of materials in CycloneDX or SPDX JSON, or - for a bill on standard input. A DATABASE is the
website of a project, a Go vulnerability database, a zip of OSV records (each a directory, a file
or a URL), or a directory of records; --db may be given several times.

Each advisory that names a module of the target gets a verdict: affected, not affected, or unknown
with the reason. Nothing is "not affected" because it could not be looked at.

Exit code: 0 not affected, 1 failed, 2 wrong usage, 3 affected, 4 unknown.`,
		Example: `  atoll advisory check . --db tree                # exit 3: affected
  atoll advisory check . --db tree --db advisories --symbols
  atoll advisory check . --db tree --ignore ignore.yaml
  atoll advisory check . --db tree --format sarif > check.sarif  # exit 3: affected`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if err := o.valid(args); err != nil {
				return err
			}
			ctx, cancel := untilInterrupt()
			defer cancel()
			result, err := o.run(ctx, args, c.InOrStdin(), c.ErrOrStderr())
			if err != nil {
				return checkHint(err, args)
			}
			if err := o.print(c.OutOrStdout(), c.ErrOrStderr(), result); err != nil {
				return err
			}
			return o.exit(result)
		},
	}
	f := c.Flags()
	f.SortFlags = false
	f.StringArrayVar(&o.databases, "db", nil, "database: a URL, a directory or a zip; repeatable")
	f.StringArrayVar(&o.keys, "key", nil,
		"public OpenPGP key that signs a database; without it the first use decides; repeatable")
	f.StringVar(&o.ignore, "ignore", "", "YAML file of what does not count: id, reason, until")
	f.StringArrayVar(&o.vex, "vex", nil, "OpenVEX file whose statements hold; repeatable")
	f.BoolVar(&o.symbols, "symbols", false, "look also whether affected functions are reached")
	f.BoolVar(&o.unknown, "allow-unknown", false, "exit with 0 in place of 4")
	f.BoolVar(&o.all, "all", false, "list also what is not affected")
	f.StringVar(&o.format, "format", "text", "text, openvex or sarif")
	f.BoolVar(&o.json, "json", false, "print one JSON object")
	return c
}

// valid finds wrong usage.
func (o *checkFlags) valid(targets []string) error {
	switch {
	case len(o.databases) == 0:
		return usagef("--db takes a project's website, a Go vulnerability database "+
			"(https://vuln.go.dev), a zip of OSV records or a directory", "no database is given")
	case o.format != "text" && o.format != "openvex" && o.format != "sarif":
		return usagef("--format text, openvex or sarif", "unknown format %q", o.format)
	case o.json && o.format != "text":
		return usagef("leave one of them out", "--json and --format %s exclude each other", o.format)
	}
	stdin := 0
	for _, t := range targets {
		if t == "-" {
			stdin++
		}
	}
	if stdin > 1 {
		return usagef("name - once", "standard input can be read only once")
	}
	return nil
}

// run reads everything, and checks. What is said about the databases and the files goes to w.
func (o *checkFlags) run(ctx context.Context, args []string, stdin io.Reader, w io.Writer) (
	*check.Result, error) {
	options, err := o.options(w)
	if err != nil {
		return nil, err
	}
	var targets []*check.Inventory
	for _, name := range args {
		t, err := check.Read(ctx, name, stdin)
		if err != nil {
			return nil, err
		}
		targets = append(targets, t)
	}
	result, err := o.hold(ctx, targets, options, w)
	if err != nil {
		return nil, err
	}
	for _, e := range result.Unused {
		fmt.Fprintf(w, "%s:%d: %s is ignored, and nothing is found about it\n", e.File, e.Line, e.ID)
	}
	return result, nil
}

// hold holds targets against the databases.
func (o *checkFlags) hold(ctx context.Context, targets []*check.Inventory, options check.Options,
	w io.Writer) (*check.Result, error) {
	var databases []*check.Database
	for _, location := range o.databases {
		d, err := check.Open(ctx, location, options)
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(w, "database %s: %s, %s\n", location, d.Kind, d.Trust)
		databases = append(databases, d)
	}
	return check.Check(ctx, targets, databases, options)
}

// options reads the files that the flags name.
func (o *checkFlags) options(w io.Writer) (options check.Options, err error) {
	for _, name := range o.keys {
		key, err := readPublicKey(name)
		if err != nil {
			return options, err
		}
		options.Keys = append(options.Keys, key)
	}
	if o.ignore != "" {
		list, findings, err := check.ReadIgnore(o.ignore, time.Now())
		if err != nil {
			return options, err
		}
		for _, f := range findings {
			fmt.Fprintln(w, f)
		}
		options.Ignore = list
	}
	for _, name := range o.vex {
		d, err := check.ReadVEX(name)
		if err != nil {
			return options, err
		}
		options.VEX = append(options.VEX, d)
	}
	if o.symbols {
		self, err := os.Executable()
		if err != nil {
			return options, fmt.Errorf("find the atoll command: %w", err)
		}
		options.Symbols = []string{self, "advisory", "symbols", "--"}
	}
	if dir, err := os.UserCacheDir(); err == nil {
		options.Memory = filepath.Join(dir, "atoll", "advisory")
	}
	return options, nil
}

func (o *checkFlags) print(w, talk io.Writer, r *check.Result) error {
	switch {
	case o.json:
		return printJSON(w, r.JSON())
	case o.format == "openvex":
		if doc := r.VEX(); doc != nil {
			_, err := w.Write(doc.Append(nil))
			return err
		}
		fmt.Fprintln(talk, "no advisory names a module of the target: there is nothing to state")
		return nil
	case o.format == "sarif":
		return printJSON(w, r.SARIF())
	}
	return r.WriteText(w, o.all)
}

// exit turns the verdict into the exit code.
func (o *checkFlags) exit(r *check.Result) error {
	switch s := r.Status(); {
	case s == check.Affected:
		return &hinted{code: exitAffected}
	case s == check.Unknown && !o.unknown:
		return &hinted{code: exitUnknown}
	}
	return nil
}

// checkHint says what to do about an error.
func checkHint(err error, targets []string) error {
	if errors.Is(err, fs.ErrNotExist) && slices.ContainsFunc(targets, func(t string) bool {
		return strings.Contains(t, "...")
	}) {
		return &hinted{err, "name the module's directory: it is looked at as a whole", exitFailed}
	}
	for _, h := range []struct {
		is   error
		hint string
	}{
		{check.ErrNoModule, "name a module's directory, a program, an image or a bill of materials"},
		{check.ErrNoBill, "CycloneDX and SPDX 2 are read, as JSON"},
		{check.ErrNoDatabase, "a database is a project's website, a Go vulnerability database, a zip " +
			"of OSV records or a directory of records"},
		{check.ErrFreeze, "try again later; if it stays, tell those who run the database"},
		{check.ErrRollback, "somebody shows you an old database: take it from elsewhere"},
		{check.ErrUnsigned, "somebody took the signature away: take the database from elsewhere"},
		{check.ErrKey, "ask those who run the database; if the key is theirs, give it with --key"},
		{check.ErrNoKey, "give the key with --key"},
		{check.ErrSignature, "somebody changed the database, or --key is not its key"},
		{check.ErrNotSigned, "--key must be the key of one of the databases"},
		{check.ErrChanged, "the database may have been published in this moment: try again"},
	} {
		if errors.Is(err, h.is) {
			return &hinted{err, h.hint, exitFailed}
		}
	}
	return err
}
