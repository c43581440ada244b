package main

import (
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/atoll-os/atoll/internal/units"
	"github.com/atoll-os/atoll/lab/topology"
)

func newLab() *cobra.Command {
	c := &cobra.Command{
		Use:   "lab",
		Short: "Run a network that is written down in a file",
		Example: `  atoll lab init > net.yaml               # a commented topology to start from
  atoll lab check net.yaml                # what is wrong with it
  atoll lab run net.yaml --out result     # run it; result/report.html shows it`,
	}
	c.AddCommand(newLabRun(), newLabCheck(), newLabInit())
	return c
}

func newLabInit() *cobra.Command {
	return &cobra.Command{
		Use:     "init",
		Short:   "Print a commented topology",
		Example: `  atoll lab init > net.yaml`,
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			_, err := c.OutOrStdout().Write(topology.Example())
			return err
		},
	}
}

func newLabCheck() *cobra.Command {
	return &cobra.Command{
		Use:     "check FILE",
		Short:   "Say what is wrong with a topology",
		Example: `  atoll lab check net.yaml`,
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			f, err := topology.Load(args[0])
			if err == nil {
				err = f.Check(topology.RunOptions{Services: services})
			}
			if err != nil {
				return err
			}
			hosts := 0
			for _, h := range f.Hosts {
				hosts += max(h.Count, 1)
			}
			_, err = fmt.Fprintf(c.OutOrStdout(), "%s: %s: %d hosts, %d routers, %d switches, %d links, "+
				"%d actions, %d expectations\n", args[0], f.Name, hosts, len(f.Routers), len(f.Switches),
				len(f.Links), len(f.At), len(f.Expect))
			return err
		},
	}
}

func newLabRun() *cobra.Command {
	var flags runFlags
	var all bool
	c := &cobra.Command{
		Use:   "run FILE",
		Short: "Run a topology and check what it expects",
		Example: `  atoll lab run net.yaml
  atoll lab run net.yaml --seed 8 --out result
  atoll lab run net.yaml --json`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			f, err := topology.Load(args[0])
			if err != nil {
				return err
			}
			run := &labRun{
				runFlags: flags,
				file:     f,
				options: topology.RunOptions{CaptureAll: all, Services: services,
					Replay: replayLine(c, "lab run")},
				stdout: c.OutOrStdout(),
				stderr: c.ErrOrStderr(),
				show:   showLab,
				asJSON: labJSONOf,
			}
			return run.do()
		},
	}
	flags.add(c.Flags())
	c.Flags().BoolVar(&flags.real, "real", false, "real time instead of virtual")
	c.Flags().BoolVar(&all, "capture-all", false, "capture at every port, not each frame once")
	return c
}

// labJSON is what --json prints.
type labJSON struct {
	*topology.Result
	Verdict     string  `json:"verdict"`
	WallSeconds float64 `json:"wall_seconds"`
}

func labJSONOf(r *topology.Result, wall time.Duration) any {
	verdict := "failed"
	switch {
	case r.Interrupted:
		verdict = "unknown"
	case r.OK:
		verdict = "passed"
	}
	return labJSON{r, verdict, wall.Seconds()}
}

// showLab prints what was done and what came of it.
func showLab(w io.Writer, r *topology.Result, wall time.Duration) {
	fmt.Fprintf(w, "%s, seed %d\n", r.Name, r.Seed)
	for _, n := range r.Notes {
		fmt.Fprintf(w, "%10s  %s\n", units.Duration(n.At.Duration().Round(time.Millisecond)), n.Text)
	}
	if len(r.Flows) > 0 {
		showIperf(w, r, wall)
	}
	for _, t := range r.Transfers {
		fmt.Fprintf(w, "%-12s %d of %d files, %s in %s, %d retries, %d wrong sums\n",
			t.Host+" < "+t.From, t.Files, t.FilesTotal, byteCount(t.Bytes), seconds(t.Seconds), t.Retries,
			t.Mismatches)
	}
	for _, e := range r.Expectations {
		verdict := "holds"
		if !e.OK {
			verdict = "FAILS"
		}
		fmt.Fprintf(w, "%-12s %s: %s\n", verdict, e.Text, e.Got)
	}
	if len(r.Flows) == 0 {
		fmt.Fprintf(w, "%-12s %d frames, %s of the lab's time in %s\n", "run", r.Frames,
			units.Duration(r.Virtual.Duration().Round(time.Millisecond)), wall.Round(time.Millisecond))
	}
}
