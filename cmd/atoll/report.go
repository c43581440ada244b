package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	labreport "github.com/atoll-os/atoll/lab/report"
	"github.com/atoll-os/atoll/lab/topology"
)

// plotKinds are the plots of a report, each with the kinds of series that it shows.
var plotKinds = []struct {
	file, title string
	unit        labreport.Unit
	kinds       []string
}{
	{"goodput.svg", "Goodput", labreport.BitsPerSecond, []string{topology.Goodput}},
	{"cwnd.svg", "Congestion window", labreport.Bytes, []string{topology.Cwnd}},
	{"rtt.svg", "Round-trip time", labreport.Seconds, []string{topology.RTT}},
	{"queue.svg", "Queues", labreport.Bytes, []string{topology.Queue}},
}

// writeReport writes report.html and the plots of a run into a directory, each file whole or not
// at all.
func writeReport(dir string, r *topology.Result, replay string) error {
	run := reportOf(r, replay)
	for i, p := range run.Plots {
		err := writeFile(filepath.Join(dir, plotKinds[i].file), func(w io.Writer) error {
			return labreport.SVG(w, &p, run.Marks, run.Virtual)
		})
		if err != nil {
			return err
		}
	}
	return writeFile(filepath.Join(dir, "report.html"), func(w io.Writer) error {
		return labreport.HTML(w, run)
	})
}

// writeFile writes a file under another name and renames it once it is whole.
func writeFile(name string, write func(io.Writer) error) error {
	f, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+"-")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	err = write(f)
	if err == nil {
		err = f.Chmod(0o644)
	}
	if e := f.Close(); err == nil {
		err = e
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return os.Rename(f.Name(), name)
}

// reportOf turns a result into what the report shows.
func reportOf(r *topology.Result, replay string) *labreport.Run {
	run := &labreport.Run{
		Title: r.Name, OK: r.OK, Verdict: verdict(r), Seed: fmt.Sprint(r.Seed), Replay: replay,
		Virtual: r.Virtual.Duration().Round(time.Millisecond),
		Facts: []labreport.Fact{
			{Name: "frames", Value: fmt.Sprint(r.Frames)},
			{Name: "goodput of all flows", Value: bitRate(totalRate(r))},
		},
	}
	for _, n := range r.Nodes {
		kind := map[string]labreport.Kind{"host": labreport.Host, "router": labreport.Router,
			"switch": labreport.Switch}[n.Kind]
		run.Nodes = append(run.Nodes, labreport.Node{Name: n.Name, Kind: kind, Note: n.Runs})
	}
	for _, l := range r.Links {
		label := l.AtoB.Values
		if l.BtoA.Values != label {
			label += " | " + l.BtoA.Values
		}
		run.Links = append(run.Links, labreport.Link{A: l.A, B: l.B, Label: label,
			AtoB: wayOf(l.AtoB), BtoA: wayOf(l.BtoA)})
	}
	for _, m := range r.Marks {
		run.Marks = append(run.Marks, labreport.Mark{At: m.At.Duration(), Until: m.Until.Duration(),
			Text: m.Text})
	}
	for _, e := range r.Expectations {
		run.Checks = append(run.Checks, labreport.Check{OK: e.OK, Text: e.Text, Detail: e.Got})
	}
	for _, k := range plotKinds {
		run.Plots = append(run.Plots, plotOf(r, k.title, k.unit, k.kinds))
	}
	run.Tables = []labreport.Table{flowTable(r), transferTable(r), connectionTable(r)}
	for _, l := range r.Log {
		run.Log = append(run.Log, labreport.Line{At: l.At.Duration(), Host: l.Host, Text: l.Text})
	}
	return run
}

func verdict(r *topology.Result) string {
	if r.OK {
		return "passed"
	}
	var why []string
	why = append(why, r.Failures...)
	for _, e := range r.Expectations {
		if !e.OK {
			why = append(why, e.Text+", but "+e.Got)
		}
	}
	if r.Interrupted {
		why = append(why, "interrupted")
	}
	return "failed: " + strings.Join(why, "; ")
}

func totalRate(r *topology.Result) (sum float64) {
	for _, f := range r.Flows {
		sum += f.BitsPerSecond
	}
	return sum
}

func wayOf(w topology.Way) labreport.Way {
	way := labreport.Way{Frames: w.Frames, Bytes: w.Bytes, QueueMax: w.QueueBytesMax}
	for _, d := range w.Drops {
		way.Lost = append(way.Lost, labreport.Loss{Reason: d.Reason, Frames: d.Frames})
	}
	return way
}

func plotOf(r *topology.Result, title string, unit labreport.Unit, kinds []string) labreport.Plot {
	p := labreport.Plot{Title: title, Unit: unit}
	for _, kind := range kinds {
		for _, s := range r.Series {
			if s.Kind != kind {
				continue
			}
			points := make([]labreport.Point, len(s.Points))
			for i, q := range s.Points {
				points[i] = labreport.Point{At: q.At.Duration(), Value: q.Value}
			}
			p.Series = append(p.Series, labreport.Series{Name: s.Name, Points: points})
		}
	}
	return p
}

func number(name string) labreport.Column { return labreport.Column{Name: name, Number: true} }

func flowTable(r *topology.Result) labreport.Table {
	t := labreport.Table{Title: "Flows", Columns: []labreport.Column{{Name: "from"}, {Name: "to"},
		{Name: "protocol"}, number("bytes"), number("goodput"), number("retransmits"), number("RTT")}}
	for _, f := range r.Flows {
		t.Rows = append(t.Rows, []string{f.From, f.To, f.Protocol, fmt.Sprint(f.Bytes),
			bitRate(f.BitsPerSecond), fmt.Sprint(f.Retransmits), milliseconds(f.RTT)})
	}
	return t
}

func transferTable(r *topology.Result) labreport.Table {
	t := labreport.Table{Title: "Transfers", Columns: []labreport.Column{{Name: "host"},
		{Name: "from"}, number("files"), number("bytes"), number("retries"),
		number("wrong sums"), number("seconds")}}
	for _, f := range r.Transfers {
		t.Rows = append(t.Rows, []string{f.Host, f.From, fmt.Sprintf("%d of %d", f.Files, f.FilesTotal),
			fmt.Sprint(f.Bytes), fmt.Sprint(f.Retries), fmt.Sprint(f.Mismatches),
			fmt.Sprintf("%.3f", f.Seconds)})
	}
	return t
}

func connectionTable(r *topology.Result) labreport.Table {
	t := labreport.Table{Title: "Connections", Columns: []labreport.Column{{Name: "host"},
		{Name: "local"}, {Name: "remote"}, {Name: "peer"}, number("opened"), number("bytes sent"),
		number("bytes received"), number("retransmits"), number("timeouts"), number("RTT"),
		number("least RTT")}}
	for _, c := range r.Conns {
		t.Rows = append(t.Rows, []string{c.Host, c.Local, c.Remote, c.Peer,
			fmt.Sprintf("%.3f s", c.Opened.Duration().Seconds()), fmt.Sprint(c.BytesSent),
			fmt.Sprint(c.BytesReceived), fmt.Sprint(c.Retransmits), fmt.Sprint(c.Timeouts),
			milliseconds(c.RTT), milliseconds(c.RTTMin)})
	}
	return t
}

func milliseconds(t topology.Time) string {
	return fmt.Sprintf("%.2f ms", t.Duration().Seconds()*1000)
}
