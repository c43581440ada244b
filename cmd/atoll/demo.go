package main

import (
	_ "embed"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"path/filepath"
	"testing/fstest"
	"time"

	"github.com/spf13/cobra"

	"github.com/atoll-os/atoll/advisory"
	"github.com/atoll-os/atoll/examples/website/pages"
	"github.com/atoll-os/atoll/internal/units"
	"github.com/atoll-os/atoll/lab/topology"
	"github.com/atoll-os/atoll/site"
)

//go:embed demo.yaml
var demoFile []byte

func newDemo() *cobra.Command {
	var flags runFlags
	c := &cobra.Command{
		Use:   "demo",
		Short: "Show a lab at work: a web server over TLS, clients, iperf, a pulled cable, a crash",
		Long: `Show a lab at work, in virtual time.

A LAN and a far site behind a router with 20 ms and 1 % loss. A web server over TLS serves the
project's website, documents and security advisories, as "atoll site serve" does; clients fetch its
pages again and again and compare checksums; iperf runs between several pairs. A cable is pulled
for two seconds, and the server is killed and restarted, while everybody goes on.`,
		Example: `  atoll demo
  atoll demo --seed 8 --out demo8
  atoll demo --json`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			f, err := topology.Parse("demo.yaml", demoFile, nil)
			if err != nil {
				return err
			}
			website, err := demoWebsite()
			if err != nil {
				return err
			}
			run := &labRun{
				runFlags: flags,
				file:     f,
				options: topology.RunOptions{
					Roots: map[string]fs.FS{"web": website},
					Handlers: map[string]http.Handler{
						"web": site.Handler(website.files, site.Options{Rate: -1})},
					Replay: replayLine(c, "demo"),
				},
				stdout: c.OutOrStdout(),
				stderr: c.ErrOrStderr(),
				show: func(w io.Writer, r *topology.Result, wall time.Duration) {
					showDemo(w, r, wall, flags.out, replayLine(c, "demo"))
				},
				asJSON: labJSONOf,
			}
			return run.do()
		},
	}
	flags.add(c.Flags())
	c.Flags().Lookup("out").DefValue = "atoll-demo"
	flags.out = "atoll-demo"
	return c
}

// demoSite is the project's website as it was when its last advisory changed, so that every demo of
// one version serves the same.
type demoSite struct {
	fs.FS
	files []advisory.File
}

func demoWebsite() (*demoSite, error) {
	date, err := pages.Latest()
	if err != nil {
		return nil, err
	}
	files, err := pages.Files(date)
	if err != nil {
		return nil, err
	}
	tree := fstest.MapFS{}
	for _, f := range files {
		tree[f.Path] = &fstest.MapFile{Data: f.Data}
	}
	return &demoSite{tree, files}, nil
}

// showDemo tells what happened as a story with figures.
func showDemo(w io.Writer, r *topology.Result, wall time.Duration, dir, replay string) {
	at := func(t topology.Time) string {
		return units.Duration(t.Duration().Round(time.Millisecond))
	}
	fmt.Fprintf(w, `A LAN (lan), and a far site (site) behind the router gw with 20 ms and 1 %% loss.
web serves the project's website over TLS; desk0, desk1 and far fetch them again and again and
compare checksums. left0, left1 and branch measure TCP against right0 and right1.

`)
	for _, n := range r.Notes {
		fmt.Fprintf(w, "%8s  %s\n", at(n.At), n.Text)
	}
	fmt.Fprintln(w)
	for _, t := range r.Transfers {
		fmt.Fprintf(w, "%-6s fetched %d of %d files (%s) by %s s, began %d again, %d wrong sums\n",
			t.Host, t.Files, t.FilesTotal, byteCount(t.Bytes),
			fmt.Sprintf("%.2f", t.Start.Duration().Seconds()+t.Seconds), t.Retries, t.Mismatches)
	}
	fmt.Fprintln(w)
	for _, f := range r.Flows {
		fmt.Fprintf(w, "%-16s %10s  %d retransmits, RTT %s\n", f.From+" > "+f.To,
			bitRate(f.BitsPerSecond), f.Retransmits, milliseconds(f.RTT))
	}
	fmt.Fprintln(w)
	for _, l := range r.Links {
		for _, way := range []topology.Way{l.AtoB, l.BtoA} {
			for _, d := range way.Drops {
				fmt.Fprintf(w, "%-16s %d of %d frames dropped: %s\n", l.Name, d.Frames, way.Frames, d.Reason)
			}
		}
	}
	fmt.Fprintf(w, `
%s of the lab's time, %d frames, in %s.
Wrote %s, capture.pcapng and the plots beside it.
See it again: %s
`, at(r.Virtual), r.Frames, wall.Round(time.Millisecond), filepath.Join(dir, "report.html"), replay)
}
