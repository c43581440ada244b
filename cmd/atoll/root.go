package main

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/atoll-os/atoll/internal/terminal"
	"github.com/atoll-os/atoll/internal/units"
	"github.com/atoll-os/atoll/lab/topology"
)

// Exit codes.
const (
	exitDone   = 0
	exitFailed = 1
	exitUsage  = 2
)

// hinted is an error with a word on what to do about it.
type hinted struct {
	err  error
	hint string
	code int
}

func (h *hinted) Error() string { return h.err.Error() }
func (h *hinted) Unwrap() error { return h.err }

// usagef is wrong usage: exit code 2.
func usagef(hint, format string, args ...any) error {
	return &hinted{fmt.Errorf(format, args...), hint, exitUsage}
}

// run executes one command line and returns its exit code.
func run(args []string, stdout, stderr io.Writer) int {
	root := newRoot()
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.Execute()
	if err == nil {
		return exitDone
	}
	return report(stderr, err)
}

// report prints an error and its hint and returns the exit code.
func report(w io.Writer, err error) int {
	if wrong := topology.Errors(err); len(wrong) > 0 {
		for _, e := range wrong {
			fmt.Fprintf(w, "atoll: error: %v\n", e)
		}
		return exitUsage
	}
	hint, code := "", exitFailed
	var h *hinted
	var unit *units.Error
	switch {
	case errors.As(err, &h) && h.err == nil:
		return h.code // everything is said
	case errors.As(err, &h):
		hint, code = h.hint, h.code
	case errors.As(err, &unit):
		hint = unit.Hint
	}
	// What went wrong can be told in words of others: of a server, or of a file.
	fmt.Fprintf(w, "atoll: error: %s\n", terminal.Text(err.Error()))
	if hint != "" {
		fmt.Fprintf(w, "hint: %s\n", terminal.Text(hint))
	}
	return code
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "atoll",
		Short: "Run Go services on a virtual network with real TCP, faults, captures and replay",
		Example: `  atoll demo                              # a web server, clients and faults
  atoll iperf --rtt 20ms --loss 1%        # what TCP makes of a lossy link
  atoll lab init > net.yaml               # a commented topology to start from
  atoll lab run net.yaml --out result     # run it, with capture and report`,
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.CompletionOptions.HiddenDefaultCmd = true
	root.SuggestionsMinimumDistance = 2
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		var unit *units.Error
		if errors.As(err, &unit) && unit.Hint != "" {
			return usagef(unit.Hint, "%v", err)
		}
		return usagef(c.CommandPath()+" --help lists the flags", "%v", err)
	})
	root.AddCommand(newDemo(), newIperf(), newLab(), newEntropy(), newAdvisory(), newSite(),
		newBuild(), newBoot(), newInspect())
	for _, c := range append(root.Commands(), root) {
		wrongArgs(c)
	}
	return root
}

// wrongArgs makes too many, too few or unknown arguments wrong usage.
func wrongArgs(c *cobra.Command) {
	check := c.Args
	if check == nil && c.HasSubCommands() {
		c.RunE = func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return c.Help()
			}
			hint := c.CommandPath() + " --help lists the commands"
			if near := c.SuggestionsFor(args[0]); len(near) > 0 {
				hint = "did you mean " + strings.Join(near, " or ") + "?"
			}
			return usagef(hint, "unknown command %q", args[0])
		}
		c.Args = cobra.ArbitraryArgs
	}
	if check != nil {
		c.Args = func(c *cobra.Command, args []string) error {
			if err := check(c, args); err != nil {
				return usagef(c.UseLine(), "%v", err)
			}
			return nil
		}
	}
	for _, sub := range c.Commands() {
		wrongArgs(sub)
	}
}
