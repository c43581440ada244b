package image

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/atoll-os/atoll/kernel/layout"
)

// page is one page of the kernel.
type page struct {
	address     uint64
	data        []byte // PageBytes; nil for zeros
	write, exec bool
}

// parsed is what the builder knows of the kernel's ELF file.
type parsed struct {
	entry   uint64
	pages   []page // by address, those with data before those of zeros
	symbols []byte // for backtraces, see symbolTable
	clock   []byte // the code of the vDSO's clock_gettime
}

// own tells whether a function is the kernel's and not the Go runtime's.
func own(name string) bool {
	return strings.HasPrefix(name, "main.") || strings.HasPrefix(name, "github.com/atoll-os/atoll/") ||
		local[name]
}

// local are functions of the kernel's assembly that no other file can name.
var local = map[string]bool{"enter": true, "leave": true, "interrupt": true}

// MayRun are the functions of the Go runtime that the kernel runs: plain assembly that needs no
// goroutine. All others are overwritten with traps.
var MayRun = []string{"runtime.memmove", "runtime.memclrNoHeapPointers", "runtime.memequal",
	"memeqbody", "runtime.duffzero", "runtime.duffcopy"}

// trap is INT3.
const trap = 0xcc

// clockSymbol is the function that becomes the vDSO's.
const clockSymbol = "main.vdsoClockGettime"

// parseKernel takes the kernel apart.
func parseKernel(file []byte) (*parsed, error) {
	f, err := elf.NewFile(bytes.NewReader(file))
	if err != nil {
		return nil, fmt.Errorf("image: read kernel: %w", err)
	}
	symbols, err := f.Symbols()
	if err != nil {
		return nil, fmt.Errorf("image: read the kernel's symbols: %w", err)
	}
	functions := slices.DeleteFunc(symbols, func(s elf.Symbol) bool {
		return elf.ST_TYPE(s.Info) != elf.STT_FUNC || s.Size == 0
	})
	sort.Slice(functions, func(i, j int) bool { return functions[i].Value < functions[j].Value })
	k := &parsed{entry: f.Entry, symbols: symbolTable(functions)}
	text := f.Section(".text")
	if text == nil {
		return nil, errors.New("image: the kernel has no text")
	}
	code, err := text.Data()
	if err != nil {
		return nil, fmt.Errorf("image: read the kernel's text: %w", err)
	}
	for _, s := range functions {
		if s.Value < text.Addr || s.Value+s.Size > text.Addr+uint64(len(code)) {
			return nil, fmt.Errorf("image: the kernel's function %s lies outside of its text", s.Name)
		}
		body := code[s.Value-text.Addr:][:s.Size]
		if strings.TrimSuffix(s.Name, ".abi0") == clockSymbol {
			k.clock = bytes.Clone(body)
		}
		if !own(s.Name) && !slices.Contains(MayRun, s.Name) {
			poison(body)
		}
	}
	if k.clock == nil {
		return nil, fmt.Errorf("image: the kernel has no function %s", clockSymbol)
	}
	if err := k.take(f, text.Addr, code); err != nil {
		return nil, err
	}
	return k, nil
}

func poison(code []byte) {
	for i := range code {
		code[i] = trap
	}
}

// take collects the pages of the kernel's segments.
func (k *parsed) take(f *elf.File, textAt uint64, code []byte) error {
	var zeros []page
	for _, p := range f.Progs {
		if p.Type != elf.PT_LOAD {
			continue
		}
		if p.Vaddr < layout.KernelBase || p.Vaddr%layout.PageBytes != 0 ||
			p.Vaddr+p.Memsz > layout.KernelBase+layout.KernelBytesMax || p.Filesz > p.Memsz {
			return fmt.Errorf("image: a segment of the kernel is at %#x, %#x bytes", p.Vaddr, p.Memsz)
		}
		data := make([]byte, (p.Memsz+layout.PageBytes-1)&^(layout.PageBytes-1))
		if _, err := p.ReadAt(data[:p.Filesz], 0); err != nil {
			return fmt.Errorf("image: read a segment of the kernel: %w", err)
		}
		exec, write := p.Flags&elf.PF_X != 0, p.Flags&elf.PF_W != 0
		if exec && write {
			return errors.New("image: a segment of the kernel is both writable and executable")
		}
		switch {
		case exec:
			// The headers before the text are for the builder only.
			poison(data[:textAt-p.Vaddr])
			copy(data[textAt-p.Vaddr:], code)
			poison(data[textAt-p.Vaddr+uint64(len(code)):])
		case !write:
			data = data[:k.readOnlyEnd(f, p)]
		}
		for at := 0; at < len(data); at += layout.PageBytes {
			content := page{p.Vaddr + uint64(at), data[at : at+layout.PageBytes], write, exec}
			switch {
			case exec && all(content.data, trap): // nothing of ours: not even mapped
			case write && all(content.data, 0):
				content.data = nil
				zeros = append(zeros, content)
			default:
				k.pages = append(k.pages, content)
			}
		}
	}
	k.pages = append(k.pages, zeros...)
	return nil
}

// readOnlyEnd returns how much of the segment with constants is kept: what follows is tables for
// the Go runtime's tracebacks and types.
func (k *parsed) readOnlyEnd(f *elf.File, p *elf.Prog) uint64 {
	end := p.Memsz
	if s := f.Section(".gopclntab"); s != nil && s.Addr >= p.Vaddr && s.Addr < p.Vaddr+end {
		end = s.Addr - p.Vaddr
	}
	return (end + layout.PageBytes - 1) &^ (layout.PageBytes - 1)
}

func all(b []byte, value byte) bool {
	return !slices.ContainsFunc(b, func(c byte) bool { return c != value })
}

// symbolTable makes what the kernel needs to name functions in a backtrace: a count, then for each
// function its address as an offset from KernelBase and where in the table its name begins, 4 bytes
// each; then the names, each with a zero byte. Those of the runtime share one name.
func symbolTable(functions []elf.Symbol) []byte {
	type entry struct {
		offset uint32
		name   string
	}
	var entries []entry
	for _, s := range functions {
		name := strings.TrimSuffix(s.Name, ".abi0")
		name = strings.TrimPrefix(name, "github.com/atoll-os/atoll/")
		if !own(s.Name) && !strings.HasPrefix(name, "runtime.panic") &&
			!strings.HasPrefix(name, "runtime.morestack") && !slices.Contains(MayRun, name) {
			name = "the Go runtime, which must not run"
		}
		if len(entries) == 0 || entries[len(entries)-1].name != name {
			entries = append(entries, entry{uint32(s.Value - layout.KernelBase), name})
		}
	}
	le := binary.LittleEndian
	table := le.AppendUint32(nil, uint32(len(entries)))
	var names []byte
	place := map[string]uint32{}
	for _, e := range entries {
		if _, ok := place[e.name]; !ok {
			place[e.name] = uint32(4 + 8*len(entries) + len(names))
			names = append(append(names, e.name...), 0)
		}
		table = le.AppendUint32(le.AppendUint32(table, e.offset), place[e.name])
	}
	return append(table, names...)
}
