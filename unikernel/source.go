package unikernel

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
)

// args takes arguments apart: --name value, --name=value, --flag for a bool. What is no flag, and
// all behind "--", are words.
func (d *decoder) args(args []string) (entries []entry, words []string) {
	for i := 0; i < len(args); i++ {
		arg := args[i]
		switch {
		case arg == "--":
			return entries, append(words, args[i+1:]...)
		case arg == "-h":
			arg = "--help"
		case arg == "-" || !strings.HasPrefix(arg, "-"):
			words = append(words, arg)
			continue
		}
		name, text, hasValue := strings.Cut(strings.TrimLeft(arg, "-"), "=")
		e := entry{name, text, "argument --" + name, "", "--" + name}
		f := d.lookup(name)
		if !strings.HasPrefix(arg, "--") && f != nil {
			d.problem("write --"+name, "unknown setting -%s", name)
			continue
		}
		switch {
		case f == nil, hasValue:
		case f.value.Kind() == boolKind:
			e.text = "true"
		case i+1 == len(args) || strings.HasPrefix(args[i+1], "--"):
			d.problem("write --"+name+" "+placeholder(f.value.Type()), "--%s needs a value", name)
			continue
		default:
			i++
			e.text = args[i]
		}
		if f != nil && f.secret {
			d.problem("set "+d.variable(name)+", or "+name+" in a file given by --config",
				"--%s: a secret does not belong on the command line, where everyone can read it", name)
			continue
		}
		entries = append(entries, e)
	}
	return entries, words
}

// variable returns the name of a setting in the environment.
func (d *decoder) variable(name string) string {
	return Variable(d.config.options.Name, name)
}

// Variable returns the name that a setting of a program has in the environment: the setting one-off
// of the program iperf is IPERF_ONE_OFF.
func Variable(program, setting string) string {
	return environPrefix(program) + strings.ToUpper(strings.ReplaceAll(setting, "-", "_"))
}

// environPrefix turns the name of a program into what its variables begin with: HELLO_.
func environPrefix(program string) string {
	upper := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z':
			return r - 'a' + 'A'
		case r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
			return r
		}
		return '_'
	}, program)
	return upper + "_"
}

// isServiceLink tells whether a variable, after the program's name, is one that Kubernetes puts
// into the environment of every container for a service that is called as the program is:
// HELLO_SERVICE_HOST, HELLO_SERVICE_PORT_HTTP, HELLO_PORT, HELLO_PORT_80_TCP_ADDR. They are not
// meant for the program, so that they are no unknown settings.
func isServiceLink(rest string) bool {
	if rest == "SERVICE_HOST" || rest == "SERVICE_PORT" || rest == "PORT" {
		return true
	}
	if named, ok := strings.CutPrefix(rest, "SERVICE_PORT_"); ok {
		return named != ""
	}
	port, ok := strings.CutPrefix(rest, "PORT_")
	number, protocol, _ := strings.Cut(port, "_")
	protocol, what, more := strings.Cut(protocol, "_")
	switch protocol {
	case "TCP", "UDP", "SCTP":
		_, err := strconv.ParseUint(number, 10, 16)
		return ok && err == nil && (!more || what != "")
	}
	return false
}

// environ returns the variables that begin with the program's name.
func (d *decoder) environ(environ []string) []entry {
	var entries []entry
	for _, pair := range environ {
		variable, text, _ := strings.Cut(pair, "=")
		rest, ok := strings.CutPrefix(variable, environPrefix(d.config.options.Name))
		if !ok {
			continue
		}
		name := strings.ToLower(strings.ReplaceAll(rest, "_", "-"))
		if d.lookup(name) == nil && isServiceLink(rest) {
			continue
		}
		entries = append(entries, entry{name, text, "environment " + variable, "", variable})
	}
	return entries
}

// file returns the settings of the file that the arguments or else the environment name.
func (d *decoder) file(args, environ []entry) []entry {
	name := ""
	for _, e := range append(append([]entry(nil), environ...), args...) {
		if e.name == "config" {
			name = e.text
		}
	}
	if name == "" {
		name = d.config.options.Settings["config"]
	}
	switch {
	case name == "":
		return nil
	case d.config.options.ReadFile == nil:
		d.problem("give its settings one by one", "config %s: this machine reads no files", name)
		return nil
	}
	text, err := d.config.options.ReadFile(name)
	if err != nil {
		d.problem("", "--config: %v", err)
		return nil
	}
	return d.lines(name, text)
}

// lines reads a file of settings: one "name = value" a line, "#" and what follows is a comment.
// It is this format, since names and values are then written as in flags and variables, and every
// mistake has a line; JSON has no comments, and others would need a library. A value in double
// quotes is a Go string: it may hold "#", spaces at the ends and \n.
func (d *decoder) lines(file string, text []byte) []entry {
	var entries []entry
	number := 0
	for line := range bytes.Lines(text) {
		number++
		at := fmt.Sprintf("%s:%d", file, number)
		s := strings.TrimSpace(string(line))
		if s == "" || s[0] == '#' {
			continue
		}
		name, value, ok := strings.Cut(s, "=")
		name, value = strings.TrimSpace(name), strings.TrimSpace(value)
		if !ok || name == "" {
			d.problem("write name = value", "%s: %q is no setting", at, s)
			continue
		}
		value, ok = unquote(value)
		if !ok {
			d.problem("close it, and nothing but a comment behind it", "%s: bad quotes", at)
			continue
		}
		if name == "config" {
			d.problem("", "%s: a file cannot name another one", at)
			continue
		}
		entries = append(entries, entry{name, value, "file " + at, at + ": ", name})
	}
	return entries
}

func unquote(value string) (string, bool) {
	if !strings.HasPrefix(value, `"`) {
		if i := strings.Index(" "+value, " #"); i >= 0 {
			value = strings.TrimSpace(value[:max(i-1, 0)])
		}
		return value, true
	}
	quoted, err := strconv.QuotedPrefix(value)
	if err != nil {
		return "", false
	}
	rest := strings.TrimSpace(value[len(quoted):])
	text, err := strconv.Unquote(quoted)
	return text, err == nil && (rest == "" || rest[0] == '#')
}

// quote returns a value as unquote reads it.
func quote(value string) string {
	if value == "" || strings.ContainsAny(value, "\"#\n\r\t\\") || strings.TrimSpace(value) != value {
		return strconv.Quote(value)
	}
	return value
}
