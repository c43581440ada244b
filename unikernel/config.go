package unikernel

import (
	"log/slog"
	"sort"
	"strings"
	"time"

	"github.com/atoll-os/atoll/internal/nearest"
)

// Config holds what a machine was told: see [Config.Decode].
type Config struct {
	options Options
	grace   *graceContext
	level   *slog.LevelVar
	log     *slog.Logger
	words   []string
}

// machineSettings are the settings that every machine has.
type machineSettings struct {
	Config      string        `doc:"read settings from this file"`
	Grace       time.Duration `doc:"how long a stop may take"`
	Help        bool          `doc:"show this and end" flag:"only"`
	LogLevel    slog.Level    `doc:"leave out messages below DEBUG, INFO, WARN or ERROR"`
	PrintConfig bool          `doc:"show each setting and where it comes from, and end" flag:"only"`
}

// Decode fills the struct that dst points to, whose values are the defaults, from the file named
// by --config, the settings a lab gives, the environment and the arguments: the later wins. It
// returns a *[UsageError] that lists all that is wrong, or [ErrShown] after --help and
// --print-config; a service returns either at once.
//
// Each exported field is a setting: a string, bool, number, [time.Duration], [Size], [Rate],
// [encoding.TextUnmarshaler] (a [netip.AddrPort], say), a slice of those, or a struct of settings.
// The field TLS.CertFile is the flag --tls-cert-file, the key tls-cert-file and the variable
// HELLO_TLS_CERT_FILE of a program called hello. An embedded struct adds no name of its own. The
// elements of a slice stand in one value with commas, or in a flag or key given repeatedly.
//
// Tags of a field:
//
//	doc:"…"           one line for --help
//	name:"…"          the name, where the field's own does not do; "-" makes it no setting
//	old:"…"           a former name, still read, with a warning
//	required:"true"   must not be the type's zero value
//	min:"…" max:"…"   the range of a number, size or duration, written as its value would be
//	secret:"true"     printed as ***, and refused on the command line, where everyone can read it
//
// A field called _ describes the program: doc is the first line of --help, args what words are
// taken besides the flags (args:"FILE..."), for [Config.Args]; without it a word is an error.
//
// After all values are set, the method Validate() error is called on every struct that has one,
// inner ones first.
func (c *Config) Decode(dst any) error {
	own := machineSettings{Grace: time.Duration(c.grace.period.Load()), LogLevel: c.level.Level()}
	d := &decoder{config: c}
	if err := d.collect(dst); err != nil {
		return err
	}
	d.serviceFields = len(d.fields)
	if err := d.collect(&own); err != nil {
		return err
	}
	args, words := d.args(c.options.Args)
	if given(args, "help") {
		d.help(c.options.Stdout)
		return ErrShown
	}
	environ := d.environ(c.options.Environ)
	for _, source := range [][]entry{d.file(args, environ), d.settings(), environ, args} {
		d.apply(source)
	}
	if len(words) > 0 && d.takesArgs == "" {
		d.problem("", "unexpected argument %q", words[0])
	}
	if own.PrintConfig && len(d.problems) == 0 {
		d.printConfig(c.options.Stdout)
	}
	d.check()
	if len(d.problems) > 0 {
		return &UsageError{d.problems}
	}
	if own.PrintConfig {
		return ErrShown
	}
	c.words = words
	c.grace.period.Store(int64(own.Grace))
	c.level.Set(own.LogLevel)
	return nil
}

// Args returns the arguments that are no flags, in their order, after [Config.Decode].
func (c *Config) Args() []string { return c.words }

// entry is one setting as a source gives it.
type entry struct {
	name    string // as looked up, in kebab-case
	text    string
	from    string // for --print-config: argument --listen
	at      string // for messages, where it stands: "hello.conf:3: "
	spelled string // for messages, how it is written there: --listen, HELLO_LISTEN
}

func given(entries []entry, name string) bool {
	for _, e := range entries {
		if e.name == name && e.text == "true" {
			return true
		}
	}
	return false
}

// settings returns what a lab gives, sorted: map iteration decides nothing.
func (d *decoder) settings() []entry {
	var list []entry
	for name, text := range d.config.options.Settings {
		list = append(list, entry{name, text, "lab", "", name})
	}
	sort.Slice(list, func(i, j int) bool { return list[i].name < list[j].name })
	return list
}

// apply sets the fields that one source names.
func (d *decoder) apply(source []entry) {
	seen := map[*field]bool{}
	for _, e := range source {
		f := d.lookup(e.name)
		if f == nil {
			d.unknown(e)
			continue
		}
		if f.flagOnly && !strings.HasPrefix(e.from, "argument") {
			d.problem("", "%s%s can only be a flag", e.at, e.spelled)
			continue
		}
		list := isList(f.value)
		if seen[f] && !list {
			d.problem("", "%s%s is given twice", e.at, e.spelled)
			continue
		}
		if list && !seen[f] {
			f.value.SetZero()
		}
		seen[f] = true
		if e.name == f.old {
			d.config.log.Warn("setting has a new name", "old", f.old, "new", f.name)
		}
		if err := set(f.value, e.text); err != nil {
			d.invalid(f, e, err)
		}
		f.from = e.from
	}
}

// unknown reports a name that is none, with the nearest one spelled as the source spells names.
func (d *decoder) unknown(e entry) {
	var names []string
	for _, f := range d.fields {
		if !f.flagOnly || strings.HasPrefix(e.from, "argument") {
			names = append(names, f.name)
		}
	}
	hint := ""
	if near := nearest.Name(e.name, names); near != "" {
		hint = "did you mean " + d.spell(e, near) + "?"
	} else if len(d.config.options.Args) > 0 {
		hint = "--help lists all settings"
	}
	d.problem(hint, "%sunknown setting %s", e.at, e.spelled)
}

func (d *decoder) spell(e entry, name string) string {
	switch {
	case strings.HasPrefix(e.from, "argument"):
		return "--" + name
	case strings.HasPrefix(e.from, "environment"):
		return d.variable(name)
	}
	return name
}
