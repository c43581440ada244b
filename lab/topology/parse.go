package topology

import (
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/atoll-os/atoll/internal/units"
	"github.com/atoll-os/atoll/internal/yamltext"
	"github.com/atoll-os/atoll/vnet/fault"
)

// Limits of what is read.
const (
	FileBytesMax    = 1 << 20        // of one file
	IncludesMax     = 64             // files that belong together
	NameBytesMax    = 63             // of a machine or switch; 200 of the lab
	MachinesMax     = 10_000         // hosts with all groups spread out, and routers
	LinksMax        = 20_000         // likewise
	ActionsMax      = 10_000         // things that happen
	ExpectationsMax = 1_000          // things that are to hold
	DurationMax     = 24 * time.Hour // of a run
	titleBytesMax   = 200
)

// Load reads a topology file and the files that it includes. Its error is one *[Error] for each
// thing that is wrong, joined: see [Errors]; or that of package os for the file itself.
func Load(path string) (*File, error) {
	data, err := readFile(path)
	if err != nil {
		return nil, err
	}
	return Parse(path, data, readFile)
}

// readFile reads a file up to a byte more than the limit: a device or a pipe can be without an end.
func readFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, FileBytesMax+1))
}

// Parse reads a topology file. What it includes is read by include, with names relative to the
// including file's directory joined to it; nil refuses includes. Errors are as those of Load.
func Parse(name string, data []byte, include func(name string) ([]byte, error)) (*File, error) {
	p := &parser{file: &File{places: map[string]Position{}}, include: include,
		seen: map[string]bool{}}
	p.read(name, data)
	f := p.file
	for _, d := range p.defaults {
		f.Defaults = append(f.Defaults, d.value)
	}
	if f.Name == "" {
		f.Name = strings.TrimSuffix(filepath.Base(name), filepath.Ext(name))
	}
	slices.SortStableFunc(f.At, func(a, b Action) int { return int(a.At - b.At) })
	f.plan(&p.problems, nil)
	if err := p.problems.err(); err != nil {
		return nil, err
	}
	return f, nil
}

// parser reads a file and those that it includes.
type parser struct {
	*reader
	file     *File
	problems problems
	include  func(name string) ([]byte, error)
	stack    []string        // the files that are being read, the innermost last
	seen     map[string]bool // all files
	defaults []keyed
}

// keyed is a value of a link with the word that it was read from.
type keyed struct {
	word  string
	value fault.Value
	at    Position
}

func (p *parser) read(name string, data []byte) {
	if len(data) > FileBytesMax {
		p.problems.add(Position{File: name}, "", "the file has more than %s", units.Size(FileBytesMax))
		return
	}
	outer := p.reader
	p.reader = newReader(name, data, &p.problems)
	p.stack = append(p.stack, name)
	p.seen[name] = true
	defer func() { p.stack, p.reader = p.stack[:len(p.stack)-1], outer }()
	root := p.document(data)
	if root == nil {
		return
	}
	if root.Kind == yaml.MappingNode { // included files come first, wherever the key stands
		for i := 0; i+1 < len(root.Content); i += 2 {
			if root.Content[i].Value == "include" {
				p.texts(root.Content[i+1], "include", p.includes)
			}
		}
	}
	f := p.file
	p.fields(root, "the file",
		field{"name", p.title},
		field{"seed", p.seed},
		field{"duration", p.duration(&f.Duration, "duration")},
		field{"include", func(*yaml.Node) {}},
		field{"defaults", p.readDefaults},
		field{"hosts", p.hosts},
		field{"routers", p.names("routers", &f.Routers)},
		field{"switches", p.names("switches", &f.Switches)},
		field{"links", p.links},
		field{"at", p.actions},
		field{"expect", p.expectations},
	)
}

// includes reads a file that is named in another one. One that was read before is not read again.
func (p *parser) includes(n *yaml.Node, name string) {
	path := filepath.Join(filepath.Dir(p.name), name)
	if i := slices.Index(p.stack, path); i >= 0 {
		circle := strings.Join(append(slices.Clone(p.stack[i:]), path), " > ")
		p.fail(n, "a file cannot include itself: take one of these includes out",
			"a cycle of includes: %s", circle)
		return
	}
	if p.seen[path] {
		return
	}
	if len(p.seen) == IncludesMax {
		p.fail(n, "", "more than %d files", IncludesMax)
		return
	}
	if p.include == nil {
		p.fail(n, "", "include is not possible here")
		return
	}
	data, err := p.include(path)
	if err != nil {
		p.fail(n, "the name is relative to the directory of this file", "cannot read it: %v", err)
		return
	}
	p.read(path, data)
}

func (p *parser) title(n *yaml.Node) {
	if text := p.text(n, "name"); len(text) > titleBytesMax {
		p.fail(n, "", "name has more than %d bytes", titleBytesMax)
	} else {
		p.file.Name = text
	}
}

func (p *parser) seed(n *yaml.Node) {
	seed, err := strconv.ParseUint(n.Value, 0, 64)
	if n.Kind != yaml.ScalarNode || err != nil || seed == 0 {
		p.fail(n, "such as 7 or 0x9c1f", "seed %q is not a whole number above 0", n.Value)
		return
	}
	p.file.Seed = seed
}

// readDefaults adds the defaults of one file: its words take the place of those before.
func (p *parser) readDefaults(n *yaml.Node) {
	for _, v := range p.values(n, "defaults") {
		i := slices.IndexFunc(p.defaults, func(d keyed) bool { return d.word == v.word })
		if i >= 0 {
			p.defaults[i] = v
		} else {
			p.defaults = append(p.defaults, v)
		}
	}
}

// names reads the names of routers or switches.
func (p *parser) names(what string, to *[]string) func(*yaml.Node) {
	return func(n *yaml.Node) {
		p.texts(n, what, func(n *yaml.Node, name string) {
			*to = append(*to, name)
			if _, taken := p.file.places[name]; !taken {
				p.file.places[name] = p.at(n)
			}
		})
	}
}

// actions reads what happens when.
func (p *parser) actions(n *yaml.Node) {
	p.each(n, "at", func(key, value *yaml.Node) {
		var at time.Duration
		if !p.instant(&at, key, key.Value, "the time") {
			return
		}
		p.texts(value, "what happens at "+key.Value, func(n *yaml.Node, text string) {
			p.file.At = append(p.file.At, Action{At: at, Do: text, Position: p.at(n)})
		})
	})
}

// expectations reads what is to hold.
func (p *parser) expectations(n *yaml.Node) {
	p.list(n, "expect", func(n *yaml.Node) {
		if n.Kind != yaml.MappingNode {
			if text := p.text(n, "an expectation"); text != "" {
				p.file.Expect = append(p.file.Expect, Expectation{What: text, Position: p.at(n)})
			}
			return
		}
		p.each(n, "an expectation", func(key, value *yaml.Node) {
			e := Expectation{What: key.Value, Position: p.at(key)}
			if !yamltext.Null(value) {
				e.Band, e.band = p.text(value, "the band of "+key.Value), p.at(value)
			}
			p.file.Expect = append(p.file.Expect, e)
		})
	})
}
