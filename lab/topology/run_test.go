package topology

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"testing/synctest"
	"time"

	"github.com/atoll-os/atoll/internal/golden"
	"github.com/atoll-os/atoll/internal/units"
	"github.com/atoll-os/atoll/unikernel"
)

// run runs a file in a bubble of its own.
func run(t *testing.T, f *File, o RunOptions) (result *Result) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		var err error
		if result, err = f.Run(t, o); err != nil {
			t.Fatal(err)
		}
	})
	return result
}

func load(t *testing.T, name string) *File {
	t.Helper()
	f, err := Load(name)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func parse(t *testing.T, text string) *File {
	t.Helper()
	f, err := Parse("net.yaml", []byte(text), nil)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// echoPort are the settings of echo, asksPeer those of asks.
type echoPort struct{ Port int }
type asksPeer struct{ Peer string }

// echo answers every connection with what it says.
func echo(ctx context.Context, m *unikernel.Machine) error {
	cfg := echoPort{}
	if err := m.Config.Decode(&cfg); err != nil {
		return err
	}
	l, err := m.Net.Listen("tcp", fmt.Sprint(":", cfg.Port))
	if err != nil {
		return err
	}
	context.AfterFunc(ctx, func() { l.Close() })
	for {
		c, err := l.Accept()
		if err != nil {
			return nil
		}
		go func() {
			defer c.Close()
			stop := context.AfterFunc(ctx, func() { c.Close() })
			defer stop()
			io.Copy(c, c)
		}()
	}
}

// asks says something every 100 ms and logs when the answer changes between late and in time.
func asks(ctx context.Context, m *unikernel.Machine) error {
	cfg := asksPeer{}
	if err := m.Config.Decode(&cfg); err != nil {
		return err
	}
	var c net.Conn
	state := ""
	say := func(now string) {
		if now != state {
			m.Log.With("peer", cfg.Peer).Info("it "+now, "before", state)
			state = now
		}
	}
	for pause(ctx, 100*time.Millisecond) {
		if c == nil {
			dial, cancel := context.WithTimeout(ctx, time.Second)
			c, _ = m.Net.DialContext(dial, "tcp", cfg.Peer)
			cancel()
		}
		if c == nil {
			say("is not there")
			continue
		}
		buf := make([]byte, 1)
		c.SetDeadline(time.Now().Add(300 * time.Millisecond))
		_, err := c.Write(buf)
		if err == nil {
			_, err = c.Read(buf)
		}
		if err != nil {
			c.Close()
			c = nil
			say("is late")
			continue
		}
		say("answers")
	}
	if c != nil {
		c.Close()
	}
	return nil
}

var services = map[string]unikernel.Service{"echo": echo, "asks": asks}

// TestRuns runs the examples and compares what can be told without depending on each digit of what
// TCP does.
func TestRuns(t *testing.T) {
	list, err := filepath.Glob("testdata/*.yaml")
	if err != nil || len(list) == 0 {
		t.Fatal("no examples")
	}
	for _, name := range list {
		t.Run(filepath.Base(name), func(t *testing.T) {
			t.Parallel()
			got := story(run(t, load(t, name), RunOptions{Services: services}))
			golden.Check(t, strings.TrimSuffix(name, ".yaml")+".golden", []byte(got))
		})
	}
}

// story tells a result with rounded figures.
func story(r *Result) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: ok %v, seed %d, %v\n", r.Name, r.OK, r.Seed,
		r.Virtual.Duration().Round(time.Second))
	for _, n := range r.Nodes {
		fmt.Fprintf(&b, "%s %s %s %s\n", n.Kind, n.Name, n.Runs, strings.Join(n.Addrs, " "))
	}
	for _, f := range r.Flows {
		fmt.Fprintf(&b, "%s > %s: %s, %d streams, %s, done %v %s\n", f.From, f.To, f.Protocol,
			f.Streams, units.Rate(units.Round(int64(f.BitsPerSecond), 2)), f.Done, f.Error)
	}
	for _, x := range r.Transfers {
		fmt.Fprintf(&b, "%s from %s: %d of %d files, %d retries, %d mismatches, done %v %s\n", x.Host,
			x.From, x.Files, x.FilesTotal, x.Retries, x.Mismatches, x.Done, x.Error)
	}
	for _, e := range r.Expectations {
		fmt.Fprintf(&b, "expected %s: %v\n", e.Text, e.OK)
	}
	for _, m := range r.Marks {
		fmt.Fprintf(&b, "%v to %v: %s\n", m.At, m.Until.Duration().Round(time.Second/2), m.Text)
	}
	for _, f := range r.Failures {
		fmt.Fprintf(&b, "failure: %s\n", f)
	}
	for _, l := range r.Log {
		fmt.Fprintf(&b, "%s: %s\n", l.Host, l.Text)
	}
	return b.String()
}

func marshal(t *testing.T, r *Result) []byte {
	t.Helper()
	b, err := json.MarshalIndent(r, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// difference returns the first line that differs.
func difference(a, b []byte) string {
	la, lb := strings.Split(string(a), "\n"), strings.Split(string(b), "\n")
	for i := range min(len(la), len(lb)) {
		if la[i] != lb[i] {
			return fmt.Sprintf("line %d: %s / %s", i+1, la[i], lb[i])
		}
	}
	return "one is longer"
}

// Two runs with one file and one seed have the same result to the byte, whatever is watched;
// another seed gives another one.
func TestRunsRepeat(t *testing.T) {
	for _, name := range []string{"two-sites", "measure", "services"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := load(t, "testdata/"+name+".yaml")
			all := RunOptions{Seed: 7, Digest: true, Services: services}
			first := run(t, f, all)
			if second := run(t, f, all); !bytes.Equal(marshal(t, first), marshal(t, second)) {
				t.Errorf("two runs differ: %s", difference(marshal(t, first), marshal(t, second)))
			}
			all.Seed = 8
			if other := run(t, f, all); other.Digest == first.Digest {
				t.Error("seeds 7 and 8 have one digest")
			}
			dir := t.TempDir()
			progress := &Progress{}
			watched := run(t, f, RunOptions{Seed: 7, Digest: true, Services: services, Dir: dir,
				CaptureAll: true, Sample: 10 * time.Millisecond, Progress: progress})
			if what := progress.What(); len(f.At) > 0 && what != f.At[len(f.At)-1].Do {
				t.Errorf("the last thing done was %q", what)
			}
			if len(watched.Series) == 0 || progress.Frames() != watched.Frames ||
				progress.Now() < watched.Virtual.Duration()/2 {
				t.Errorf("%d series, progress %d frames at %v of %d at %v", len(watched.Series),
					progress.Frames(), progress.Now(), watched.Frames, watched.Virtual)
			}
			watched.Series = nil
			if !bytes.Equal(marshal(t, first), marshal(t, watched)) {
				t.Errorf("a run that is watched differs: %s",
					difference(marshal(t, first), marshal(t, watched)))
			}
			wantFiles(t, dir)
		})
	}
}

// wantFiles looks for the three files of a recorded run, whole.
func wantFiles(t *testing.T, dir string) {
	t.Helper()
	list, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range list {
		names = append(names, f.Name())
	}
	if got := strings.Join(names, " "); got != "capture.pcapng capture.txt events.jsonl" {
		t.Errorf("recorded %s", got)
	}
}

func TestExample(t *testing.T) {
	r := run(t, parse(t, string(Example())), RunOptions{})
	for _, e := range r.Expectations {
		if !e.OK {
			t.Errorf("%s: got %s", e.Text, e.Got)
		}
	}
	if !r.OK || len(r.Failures) > 0 {
		t.Errorf("ok %v, failures %v", r.OK, r.Failures)
	}
	t.Logf("%v, %d frames", r.Virtual, r.Frames)
}

// pair is a server and a client on a link.
const pair = `
hosts:
  s: {run: iperf-server}
  c: {run: iperf, to: s, time: 500ms}
links: [{ends: [c, s], delay: 1ms, rate: 20Mbit, queue: 64KiB}]
`

func TestRealTime(t *testing.T) {
	f := parse(t, pair)
	r, err := f.Run(t, RunOptions{Real: true, Sample: 10 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	if !r.OK || len(r.Flows) != 1 || r.Flows[0].Bytes < 100_000 || len(r.Series) < 2 {
		t.Errorf("ok %v, failures %v, flows %+v, %d series", r.OK, r.Failures, r.Flows, len(r.Series))
	}
	if _, err := f.Run(t, RunOptions{Real: true, Digest: true}); err == nil {
		t.Error("a digest in real time: no error")
	}
}

// A run that is stopped from outside ends at once, and its files are whole.
func TestStop(t *testing.T) {
	f := load(t, "testdata/two-sites.yaml")
	dir := t.TempDir()
	var stop atomic.Bool
	var r *Result
	synctest.Test(t, func(t *testing.T) {
		go func() { time.Sleep(700 * time.Millisecond); stop.Store(true) }()
		var err error
		if r, err = f.Run(t, RunOptions{Dir: dir, Stop: &stop}); err != nil {
			t.Fatal(err)
		}
	})
	if !r.Interrupted || r.OK || r.Virtual.Duration() > time.Second || len(r.Failures) > 0 {
		t.Errorf("interrupted %v, ok %v, at %v, failures %v", r.Interrupted, r.OK, r.Virtual, r.Failures)
	}
	wantFiles(t, dir)
}

// What is built in Go runs without any YAML; a tree may be given.
func TestBuiltInGo(t *testing.T) {
	f := &File{
		Hosts: []Host{{Name: "web", Run: &Web{TLS: true}},
			{Name: "c", Count: 2, Run: &Fetch{From: "web", Files: []string{"*.md", "a/*"}, Connections: 2}}},
		Switches: []string{"sw"},
		Links:    []Link{{Ends: [2]string{"web", "sw"}}, {Ends: [2]string{"c", "sw"}}},
		Expect:   []Expectation{{What: "done", Band: "..10s"}, {What: "transfers complete"}},
	}
	tree := fstest.MapFS{"x.md": {Data: []byte("x")}, "y.md": {Data: make([]byte, 100_000)},
		"a/b c%.html": {Data: []byte("<p>")}, "z.bin": {Data: []byte("z")},
		".git/config": {Data: []byte("no")}, ".hidden": {Data: []byte("no")}}
	r := run(t, f, RunOptions{Roots: map[string]fs.FS{"web": tree}})
	if !r.OK {
		t.Fatalf("failures %v, expectations %v", r.Failures, r.Expectations)
	}
	for _, x := range r.Transfers {
		if x.Files != 3 || x.Bytes != 100_004 || !x.Done {
			t.Errorf("%+v, want 3 files", x)
		}
	}
	// A file without a place is checked in the same words.
	f.Links[1].Ends[1] = "swi"
	if err := f.Check(RunOptions{}); err == nil || !strings.HasPrefix(err.Error(),
		"a link to nowhere") {
		t.Errorf("check: %v", err)
	}
	if _, err := f.Run(t, RunOptions{}); err == nil {
		t.Error("a file with problems ran")
	}
}

// What a run cannot begin with is said before it begins.
func TestCannotBegin(t *testing.T) {
	f := parse(t, `
hosts:
  web: {run: web, root: x}
  c: {run: fetch, from: web, files: "*.pdf"}
links: [{ends: [c, web]}]
`)
	for _, c := range []struct {
		tree fstest.MapFS
		want string
	}{
		{fstest.MapFS{}, "net.yaml:3:25: web cannot serve x: no files in it"},
		{fstest.MapFS{"a.txt": {}}, "net.yaml:4:37: web has no such file for c"},
	} {
		_, err := f.Run(t, RunOptions{Roots: map[string]fs.FS{"web": c.tree}})
		if err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("got %v, want %s", err, c.want)
		}
	}
	if _, err := Load("testdata/nowhere.yaml"); !os.IsNotExist(err) {
		t.Errorf("load nowhere: %v", err)
	}
}

// A service that fails is a failure of the run.
func TestServiceFails(t *testing.T) {
	f := parse(t, "hosts: {a: {run: bad}, b: }\nlinks: [{ends: [a, b]}]\nduration: 1s")
	r := run(t, f, RunOptions{Services: map[string]unikernel.Service{
		"bad": func(_ context.Context, m *unikernel.Machine) error {
			m.Log.Warn("it is bad")
			m.Log.Debug("nobody wants to know")
			m.Log.WithGroup("g").Error("worse", "n", 1)
			return os.ErrInvalid
		}}})
	if r.OK || len(r.Failures) != 1 || !strings.Contains(r.Failures[0], "a: service ended") {
		t.Errorf("ok %v, failures %q", r.OK, r.Failures)
	}
	if got := fmt.Sprint(r.Log); got != "[{0s a warn: it is bad} {0s a error: worse n=1}]" {
		t.Errorf("log %s", got)
	}
}
