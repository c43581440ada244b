package check

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/atoll-os/atoll/advisory"
	"github.com/atoll-os/atoll/advisory/govulndb"
	"github.com/atoll-os/atoll/advisory/osv"
)

// Limits of looking at symbols.
const (
	symbolsTime      = 15 * time.Minute // for one main module or one program
	symbolsBytesMax  = 256 << 20        // of output
	symbolsErrorsMax = 64 << 10         // of complaints
	traceMax         = 64               // functions of a trace that are kept
)

// symbols looks whether what is affected by its version can be reached: in source from the
// packages of the main modules, in a program whether the linker kept it. It changes only verdicts
// that the look confirms or refutes. Where it fails the verdicts by version stay, with a note.
func (r *Report) symbols(ctx context.Context, o Options) error {
	if r.Target.Kind != KindSource && r.Target.Kind != KindBinary && r.Target.Kind != KindImage {
		r.Notes = append(r.Notes, "a "+string(r.Target.Kind)+" has no symbols to look at")
		return nil
	}
	look := &look{verdicts: map[string]*Verdict{}, modules: map[string]bool{},
		seen: map[string]bool{}, found: map[string][]string{}}
	for i := range r.Verdicts {
		look.add(&r.Verdicts[i])
	}
	if len(look.verdicts) == 0 {
		r.Level = LevelSymbol // nothing is left for symbols to decide
		return nil
	}
	dir, err := look.database()
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	for _, arguments := range r.Target.scans() {
		arguments = append([]string{"-format", "json", "-db", "file://" + filepath.ToSlash(dir)},
			arguments...)
		if err := look.run(ctx, o.Symbols, arguments); err != nil {
			if ctx.Err() != nil {
				return fmt.Errorf("check: look at symbols: %w", ctx.Err())
			}
			r.Notes = append(r.Notes, "symbols could not be looked at: "+err.Error())
			return nil
		}
	}
	look.apply(r.Target.Kind)
	r.Level = LevelSymbol
	return nil
}

// scans returns the arguments for each run that a target takes.
func (inv *Inventory) scans() (list [][]string) {
	if inv.Kind != KindSource {
		return [][]string{{"-mode", "binary", inv.Target}}
	}
	for _, dir := range inv.dirs {
		list = append(list, []string{"-C", dir, "./..."})
	}
	return list
}

// look is one look at the symbols of a target.
type look struct {
	verdicts map[string]*Verdict // by the id that its entry has in the temporary database
	items    []osv.Item
	modules  map[string]bool     // of which packages are used
	seen     map[string]bool     // the run saw the module at an affected version
	found    map[string][]string // it found a symbol, with the trace to it
}

// add asks about a verdict; not where the record names no packages, since then all of it counts.
func (l *look) add(v *Verdict) {
	if v.Status != Affected || v.Module.Ecosystem != advisory.Go || v.Module.Path == toolchain {
		return
	}
	for _, a := range v.about {
		if a.EcosystemSpecific == nil || len(a.EcosystemSpecific.Imports) == 0 {
			return
		}
	}
	id := "ASKED-" + strconv.Itoa(len(l.items))
	e := &osv.Entry{SchemaVersion: osv.SchemaVersion, ID: id, Modified: v.Record.Modified,
		Affected: slices.Clone(v.about), DatabaseSpecific: &osv.DatabaseSpecific{}}
	for i := range e.Affected {
		e.Affected[i].Package.Name = v.Module.Path // in the spelling of the target
	}
	text, err := json.Marshal(e)
	if err != nil {
		panic("check: BUG: write entry: " + err.Error())
	}
	l.items = append(l.items, osv.Item{Entry: e, JSON: text})
	l.verdicts[id] = v
}

// database writes what is asked about as a database of its own.
func (l *look) database() (dir string, err error) {
	files, err := govulndb.Files(l.items)
	if err != nil {
		return "", fmt.Errorf("check: %w", err)
	}
	dir, err = os.MkdirTemp("", "atoll-check-*")
	if err != nil {
		return "", fmt.Errorf("check: %w", err)
	}
	for _, f := range files {
		if !strings.HasSuffix(f.Path, ".json") {
			continue
		}
		name := filepath.Join(dir, filepath.FromSlash(strings.TrimPrefix(f.Path, govulndb.Dir)))
		err := os.MkdirAll(filepath.Dir(name), 0o700)
		if err == nil {
			err = os.WriteFile(name, f.Data, 0o600)
		}
		if err != nil {
			os.RemoveAll(dir)
			return "", fmt.Errorf("check: %w", err)
		}
	}
	return dir, nil
}

// run starts govulncheck in a process of its own: what it reads may be hostile, it takes memory
// without a bound, and it cannot be interrupted otherwise.
func (l *look) run(ctx context.Context, command, arguments []string) error {
	ctx, cancel := context.WithTimeout(ctx, symbolsTime)
	defer cancel()
	cmd := exec.CommandContext(ctx, command[0], slices.Concat(command[1:], arguments)...)
	cmd.Env = thrifty(os.Environ(), freeMemory(""))
	cmd.WaitDelay = 5 * time.Second
	complaints := &bounded{left: symbolsErrorsMax}
	cmd.Stderr = complaints
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		return err
	}
	wrong := l.read(io.LimitReader(out, symbolsBytesMax))
	if wrong != nil {
		cancel()
	}
	switch err := cmd.Wait(); {
	case wrong != nil && err == nil:
		return wrong
	case err != nil:
		return errors.New(quote(lastLine(complaints.text, err.Error())))
	}
	return nil
}

// message is what we read of a message of govulncheck's JSON output.
type message struct {
	SBOM *struct {
		Modules []struct {
			Path string `json:"path"`
		} `json:"modules"`
	} `json:"SBOM"`
	Finding *struct {
		OSV   string  `json:"osv"`
		Trace []frame `json:"trace"`
	} `json:"finding"`
}

type frame struct {
	Module   string `json:"module"`
	Package  string `json:"package"`
	Function string `json:"function"`
	Receiver string `json:"receiver"`
}

// read takes the findings: one of a module alone says that it was seen, one with a function that it
// can be reached.
func (l *look) read(r io.Reader) error {
	decoder := json.NewDecoder(r)
	for {
		var m message
		err := decoder.Decode(&m)
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if m.SBOM != nil {
			for _, module := range m.SBOM.Modules {
				l.modules[module.Path] = true
			}
		}
		if m.Finding == nil || len(m.Finding.Trace) == 0 {
			continue
		}
		id := m.Finding.OSV
		l.seen[id] = true
		if m.Finding.Trace[0].Function != "" {
			trace := traceOf(m.Finding.Trace)
			// The shortest, and of these the first by name: govulncheck's own order is random.
			if have := l.found[id]; have == nil || len(trace) < len(have) ||
				len(trace) == len(have) && slices.Compare(trace, have) < 0 {
				l.found[id] = trace
			}
		}
	}
}

// traceOf names the functions of a trace, from the entry down to the symbol.
func traceOf(frames []frame) (trace []string) {
	for _, f := range slices.Backward(frames[:min(len(frames), traceMax)]) {
		name := f.Function
		if f.Receiver != "" {
			name = strings.TrimPrefix(f.Receiver, "*") + "." + name
		}
		trace = append(trace, f.Package+"."+name)
	}
	return trace
}

// apply changes the verdicts by what was found.
func (l *look) apply(kind Kind) {
	for id, v := range l.verdicts {
		unused := kind == KindSource && len(l.modules) > 0 && !l.modules[v.Module.Path]
		if unused {
			v.Status, v.Reason, v.Level = NotAffected, "no package of it is used", LevelSymbol
		}
		if !l.seen[id] {
			continue
		}
		v.Level = LevelSymbol
		if trace, ok := l.found[id]; ok {
			v.Reason, v.Trace = "an affected symbol is reached", trace
			if kind != KindSource {
				v.Reason, v.Trace = "an affected symbol may be in it", trace[len(trace)-1:]
			}
			continue
		}
		v.Status, v.Reason = NotAffected, "no affected symbol is reached"
		if kind != KindSource {
			v.Reason = "no affected symbol is in it"
		}
	}
}

// bounded keeps the beginning of what is written.
type bounded struct {
	text []byte
	left int
}

func (b *bounded) Write(p []byte) (int, error) {
	n := min(len(p), b.left)
	b.left -= n
	b.text = append(b.text, p[:n]...)
	return len(p), nil
}

// lastLine returns the last line of a text that says something, else another text.
func lastLine(text []byte, otherwise string) string {
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	if last := strings.TrimSpace(lines[len(lines)-1]); last != "" {
		return last
	}
	return otherwise
}
