package lab

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/atoll-os/atoll/clock"
	"github.com/atoll-os/atoll/vnet"
	"github.com/atoll-os/atoll/vnet/capture"
	"github.com/atoll-os/atoll/wire"
)

// recorder writes what happens in a lab to files. They have their names only once they are whole.
type recorder struct {
	files  []*partFile
	pcapng *capture.Pcapng
	text   *capture.Text
	events *bufio.Writer
}

// partFile is a file under way: its name ends in .part until it is whole.
type partFile struct {
	*os.File
	name string
}

func create(dir, name string) (*partFile, error) {
	path := filepath.Join(dir, name)
	f, err := os.Create(path + ".part")
	return &partFile{f, path}, err
}

func (p *partFile) finish() error {
	if err := p.Close(); err != nil {
		return err
	}
	return os.Rename(p.File.Name(), p.name)
}

// artifacts records a test's lab into its artifact directory if go test was given -artifacts. Until
// Go 1.27 that directory does not carry the test's name, so the files do.
func artifacts(t *testing.T) Option {
	return func(o *options) {
		if f := flag.Lookup("test.artifacts"); f != nil && f.Value.String() == "true" {
			o.record = t.ArtifactDir()
			o.prefix = strings.NewReplacer("/", "-", "=", "-").Replace(t.Name()) + "-"
		}
	}
}

// record puts the observers of a lab in place.
func (l *Lab) record() {
	observers := append([]vnet.Observer(nil), l.opt.observe...)
	if l.opt.record != "" {
		r, err := l.startRecording()
		if err != nil {
			l.Errorf("lab: record: %v", err)
			return
		}
		l.recorder = r
		observers = append(observers, r.pcapng.Observe, r.text.Observe, r.observe)
	}
	if len(observers) > 0 {
		l.network.Do(func(_ clock.Instant, n *vnet.Network) { n.Observe(capture.Tee(observers...)) })
	}
}

func (l *Lab) startRecording() (*recorder, error) {
	if err := os.MkdirAll(l.opt.record, 0o755); err != nil {
		return nil, err
	}
	r := &recorder{}
	for _, name := range []string{"capture.pcapng", "capture.txt", "events.jsonl"} {
		f, err := create(l.opt.record, l.opt.prefix+name)
		if err != nil {
			return nil, err
		}
		r.files = append(r.files, f)
	}
	spool, err := os.CreateTemp("", "atoll-capture-")
	if err != nil {
		return nil, err
	}
	os.Remove(spool.Name()) // it goes with its descriptor
	r.pcapng = capture.NewPcapng(r.files[0], capture.PcapngOptions{
		Scope:   l.opt.scope,
		Epoch:   l.opt.epoch,
		Comment: fmt.Sprintf("%s, seed %#x", l.t.Name(), l.opt.seed),
		Spool:   spool,
	})
	r.text = capture.NewText(r.files[1], l.opt.scope)
	r.events = bufio.NewWriterSize(r.files[2], 1<<16)
	return r, nil
}

// eventLine is one line of events.jsonl.
type eventLine struct {
	At     string `json:"at"` // seconds
	Port   string `json:"port,omitempty"`
	Kind   string `json:"kind"`
	Reason string `json:"reason,omitempty"`
	Text   string `json:"text"`
}

func (r *recorder) observe(e vnet.Event) {
	line := eventLine{At: e.At.String(), Port: e.Port.Name(), Kind: e.Kind.String(),
		Text: wire.Describe(e.Frame.Data)}
	if e.Kind == vnet.Dropped {
		line.Reason = e.Reason.String()
	}
	r.write(line)
}

func (r *recorder) write(line eventLine) {
	b, _ := json.Marshal(line)
	r.events.Write(append(b, '\n'))
}

// finishRecording writes what is left and gives the files their names.
func (l *Lab) finishRecording() {
	r := l.recorder
	if r == nil {
		return
	}
	l.recorder = nil
	for _, h := range l.hosts {
		for _, a := range h.addrs {
			r.pcapng.Name(a, h.Name())
		}
	}
	for _, n := range l.Notes() {
		r.write(eventLine{At: clock.Instant(n.At).String(), Kind: "note", Text: n.What})
	}
	errs := []error{r.pcapng.Close(), r.text.Flush(), r.events.Flush()}
	for _, f := range r.files {
		errs = append(errs, f.finish())
	}
	for _, err := range errs {
		if err != nil {
			l.Errorf("lab: record: %v", err)
			return
		}
	}
	l.t.Logf("lab: recorded %s", l.opt.record)
}

// keyLog hands TLS secrets to the capture.
type keyLog struct{ lab *Lab }

func (k keyLog) Write(p []byte) (int, error) {
	if r := k.lab.recorder; r != nil {
		k.lab.network.Do(func(clock.Instant, *vnet.Network) { r.pcapng.Keys(p) })
	}
	return len(p), nil
}

// KeyLog is for tls.Config.KeyLogWriter: with it, the capture of a lab that is recorded can be
// decrypted.
func (h *Host) KeyLog() io.Writer { return keyLog{h.lab} }
