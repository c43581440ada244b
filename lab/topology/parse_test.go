package topology

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/cockroachdb/datadriven"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v4"

	"github.com/atoll-os/atoll/internal/terminal"
	"github.com/atoll-os/atoll/unikernel"
)

// The scripts in testdata/parse have a file of one's own in each command:
//
//	file NAME      a file that others include
//	parse          what Parse says of the input, and whether the schema refuses it too
//	check          likewise Check, which knows of the service "hello" and of no directory
//	error          the input as one line with a mark: for the way in which errors are shown
func TestParse(t *testing.T) {
	schema := compileSchema(t)
	datadriven.Walk(t, "testdata/parse", func(t *testing.T, path string) {
		files := map[string]string{}
		include := func(name string) ([]byte, error) {
			if text, ok := files[name]; ok {
				return []byte(text), nil
			}
			return nil, fs.ErrNotExist
		}
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			if d.Cmd == "file" {
				files[d.CmdArgs[0].Key] = d.Input
				return ""
			}
			f, err := Parse("net.yaml", []byte(d.Input), include)
			if err == nil && d.Cmd == "check" {
				err = f.Check(RunOptions{Services: map[string]unikernel.Service{"hello": nil}})
			}
			verdict := schemaVerdict(schema, d.Input)
			if err == nil {
				return summary(f) + verdict
			}
			for _, e := range Errors(err) {
				if e.Line == 0 && e.File == "" {
					t.Errorf("%s: an error without a place: %v", d.Pos, e)
				}
			}
			return err.Error() + "\n" + verdict
		})
	})
}

// summary says what was read.
func summary(f *File) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s, seed %d, %v\n", f.Name, f.Seed, f.Length())
	var p problems
	plan := f.plan(&p, nil)
	for i := range plan.machines {
		m := &plan.machines[i]
		fmt.Fprintf(&b, "  %s", m.name)
		if r := m.run(); r != nil {
			fmt.Fprintf(&b, ": %s %+v", r.kind(), strings.TrimPrefix(fmt.Sprintf("%+v", r), "&"))
		}
		b.WriteString("\n")
	}
	for _, name := range plan.switches {
		fmt.Fprintf(&b, "  %s: switch\n", name)
	}
	for i := range plan.links {
		k := &plan.links[i]
		fmt.Fprintf(&b, "  %s > %s: %s\n", k.ends[0], k.ends[1], k.text(0))
		if there, back := k.text(0), k.text(1); there != back {
			fmt.Fprintf(&b, "  %s > %s: %s\n", k.ends[1], k.ends[0], back)
		}
	}
	for _, a := range plan.actions {
		fmt.Fprintf(&b, "  at %v: %s\n", a.at, a.text)
	}
	for _, c := range plan.clients {
		fmt.Fprintf(&b, "  %s uses %s", plan.machines[c.machine].name, plan.machines[c.server].name)
		if c.port != 0 {
			fmt.Fprintf(&b, " port %d window %d", c.port, c.window)
		}
		b.WriteString("\n")
	}
	for _, c := range plan.expect {
		fmt.Fprintf(&b, "  expect %s\n", c.text)
	}
	return b.String()
}

func compileSchema(t testing.TB) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(string(Schema())))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("topology.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("topology.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// schemaVerdict asks the schema about a YAML text.
func schemaVerdict(s *jsonschema.Schema, text string) string {
	var doc any
	if err := yaml.Load([]byte(text), &doc); err != nil {
		return "schema: no YAML to look at"
	}
	if err := s.Validate(plainJSON(doc)); err != nil {
		return "schema: refuses"
	}
	return "schema: accepts"
}

// plainJSON turns what YAML gives into what JSON would: keys are texts.
func plainJSON(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k := range v {
			v[k] = plainJSON(v[k])
		}
		return v
	case map[any]any:
		m := map[string]any{}
		for k := range v {
			m[fmt.Sprint(k)] = plainJSON(v[k])
		}
		return m
	case []any:
		for i := range v {
			v[i] = plainJSON(v[i])
		}
	case int:
		return float64(v)
	}
	return v
}

// examples are the topology files of the project: this package's and those of its documents.
func examples(t testing.TB) map[string]string {
	t.Helper()
	all := map[string]string{"example.yaml": string(Example())}
	list, err := filepath.Glob("testdata/*.yaml")
	if err != nil || len(list) == 0 {
		t.Fatalf("no examples: %v", err)
	}
	documents, _ := filepath.Glob("../../docs/*.md")
	for _, name := range append(append(list, "../../README.md", "doc.go"), documents...) {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if filepath.Ext(name) == ".yaml" {
			all[name] = string(data)
			continue
		}
		for i, text := range snippets(string(data)) {
			all[fmt.Sprintf("%s, example %d", name, i+1)] = text
		}
	}
	return all
}

// snippets returns the topologies in a document: YAML blocks of Markdown, and what is indented in
// a package comment, if they have hosts.
func snippets(text string) (list []string) {
	parts := strings.Split(text, "```")
	for i := 1; i < len(parts); i += 2 {
		if body, ok := strings.CutPrefix(parts[i], "yaml\n"); ok && strings.Contains(body, "hosts:") {
			list = append(list, body)
		}
	}
	var block []string
	for line := range strings.Lines(text) {
		if code, ok := strings.CutPrefix(line, "//\t"); ok {
			block = append(block, code)
			continue
		}
		if text := strings.Join(block, ""); strings.Contains(text, "\nhosts:") {
			list = append(list, text)
		}
		block = nil
	}
	return list
}

func TestExamplesAreGood(t *testing.T) {
	schema := compileSchema(t)
	all := examples(t)
	for _, name := range []string{"doc.go, example 1"} {
		if all[name] == "" {
			t.Errorf("%s was not found", name)
		}
	}
	for name, text := range all {
		if _, err := Parse(name, []byte(text), os.ReadFile); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if v := schemaVerdict(schema, text); v != "schema: accepts" {
			t.Errorf("%s: %s", name, v)
		}
	}
}

// TestForeignBreaks wants characters refused that end a line for YAML only: found by FuzzParse, an
// error's line was behind the end of the file.
func TestForeignBreaks(t *testing.T) {
	_, err := Parse("net.yaml", []byte("name: a\r\nhosts: {\u2028\u2028"), nil)
	want := "net.yaml:2:9: not YAML: a carriage return or another uncommon end of a line"
	if err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("%v, not %q", err, want)
	}
}

func FuzzParse(f *testing.F) {
	for _, text := range examples(f) {
		f.Add(text)
	}
	f.Add("name: \"\\e[2J\\L\"\nhosts: {\"\\e\\u202e\": {\"\\u202e\": 1}}\nlinks: [[a, \"\\u009b\"]]")
	f.Add("name: a\u0085\u0085\r\u2028hosts: {")
	bad, err := filepath.Glob("testdata/parse/*")
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range bad {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		for _, part := range strings.Split(string(data), "\n\n") {
			if input, _, ok := strings.Cut(part, "\n----"); ok {
				_, input, _ = strings.Cut(input, "\n")
				f.Add(input)
			}
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		include := func(string) ([]byte, error) { return []byte("defaults: {delay: 1ms}"), nil }
		file, err := Parse("net.yaml", []byte(text), include)
		if err == nil {
			if err := file.Check(RunOptions{Real: true}); err == nil {
				file.Length()
			}
			return
		}
		list := Errors(err)
		if len(list) == 0 || len(list) > ErrorsMax {
			t.Fatalf("%d errors: %v", len(list), err)
		}
		lines := strings.Split(text, "\n")
		for _, e := range list {
			if e.Problem == "" || e.File == "" || e.Line < 0 || e.Line > len(lines) {
				t.Fatalf("%+v, in %d lines", e, len(lines))
			}
			if e.File == "net.yaml" && e.Line > 0 &&
				e.Column > utf8.RuneCountInString(lines[e.Line-1])+1 {
				t.Fatalf("%+v, in the line %q", e, lines[e.Line-1])
			}
			if terminal.Text(e.Error()) != e.Error() {
				t.Fatalf("a terminal obeys %q", e.Error())
			}
			if !strings.Contains(e.Error(), e.Problem) {
				t.Fatalf("%q does not say %q", e.Error(), e.Problem)
			}
		}
	})
}
