package main

import (
	"crypto/tls"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

var rewrite = flag.Bool("rewrite", false, "write the expected output of scripts anew")

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"atoll": main})
}

// commands are what scripts have besides testscript's own.
var commands = map[string]func(ts *testscript.TestScript, neg bool, args []string){
	"listening": listening,
	"answers":   answers,
	"present":   present,
	"held":      held,
	"serve":     serve,
	"foreign":   foreign,
}

// listening waits until a port of the loopback takes connections.
func listening(ts *testscript.TestScript, _ bool, args []string) {
	until(ts, "port "+args[0]+" is not listened on", func() bool {
		c, err := net.Dial("tcp", "127.0.0.1:"+args[0])
		if err == nil {
			c.Close()
		}
		return err == nil
	})
}

// answers waits until a URL answers, by HTTPS with whatever certificate.
func answers(ts *testscript.TestScript, _ bool, args []string) {
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true,
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}
	until(ts, args[0]+" does not answer", func() bool {
		resp, err := client.Get(args[0])
		if err == nil {
			resp.Body.Close()
		}
		return err == nil
	})
}

// present waits until a file is there.
func present(ts *testscript.TestScript, _ bool, args []string) {
	until(ts, args[0]+" does not appear", func() bool {
		_, err := os.Stat(ts.MkAbs(args[0]))
		return err == nil
	})
}

func until(ts *testscript.TestScript, otherwise string, ok func() bool) {
	for range 500 {
		if ok() {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	ts.Fatalf("%s after 10 s", otherwise)
}

func runScripts(t *testing.T, dir string) {
	t.Helper()
	testscript.Run(t, testscript.Params{Dir: dir, UpdateScripts: *rewrite, Cmds: commands,
		Setup: goCommand, Condition: hasKVM})
}

// hasKVM is the condition that scripts have besides testscript's own: kvm, which this user may use.
func hasKVM(name string) (bool, error) {
	if name != "kvm" {
		return false, fmt.Errorf("unknown condition %q", name)
	}
	f, err := os.OpenFile("/dev/kvm", os.O_RDWR, 0)
	if err != nil {
		return false, nil
	}
	return true, f.Close()
}

// goCommand lets the go command of a script use what is compiled and downloaded already, since a
// script has no home directory, and tells it where the source is.
func goCommand(e *testscript.Env) error {
	source, err := filepath.Abs("../..")
	if err != nil {
		return err
	}
	e.Setenv("SOURCE", source)
	port, err := freePorts()
	if err != nil {
		return err
	}
	e.Setenv("PORT", strconv.Itoa(port))
	e.Setenv("NEXTPORT", strconv.Itoa(port+1))
	out, err := exec.Command("go", "env", "GOCACHE", "GOPATH", "GOMODCACHE").Output()
	if err != nil {
		return nil // the scripts that need it skip
	}
	for i, value := range strings.Split(strings.TrimSpace(string(out)), "\n") {
		e.Setenv([...]string{"GOCACHE", "GOPATH", "GOMODCACHE"}[i], value)
	}
	return nil
}

// freePorts returns a port of the loopback that nobody has, nor the one after it: two runs of the
// tests at once are none of each other's business.
func freePorts() (int, error) {
	const triesMax = 100
	for range triesMax {
		first, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return 0, err
		}
		defer first.Close()
		port := first.Addr().(*net.TCPAddr).Port
		second, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port+1)))
		if err == nil {
			return port, second.Close()
		}
	}
	return 0, fmt.Errorf("no two free ports in a row in %d tries", triesMax)
}

func TestScripts(t *testing.T) { runScripts(t, "testdata") }

// documents are the texts whose commands are run.
func documents(t *testing.T) []string {
	t.Helper()
	list, err := filepath.Glob("../../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	return append(list, "../../README.md")
}

// Every atoll command in a document is run, document by document, each in a directory of its own.
func TestCommandsInDocuments(t *testing.T) {
	dir := t.TempDir()
	for _, doc := range documents(t) {
		b, err := os.ReadFile(doc)
		if err != nil {
			t.Fatal(err)
		}
		script := scriptOf(string(b))
		if script == "" {
			continue
		}
		if strings.Contains(script, "atoll build ./examples") {
			source := checkout(t)
			if strings.Contains(script, "advisory init") { // of another project
				source = strings.Replace(source, "symlink advisories ", "# advisories ", 1)
			}
			script = source + script
		}
		if filepath.Base(doc) == "check.md" {
			script = asksAboutItself(t, script)
		}
		name := strings.TrimSuffix(filepath.Base(doc), ".md") + ".txtar"
		files, err := os.ReadFile("testdata/documents/" + name) // that its commands work on
		if err == nil {
			script += string(files)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(script), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	runScripts(t, dir)
}

// initTeam gives a script somebody's directory of records.
const initTeam = "exec atoll advisory init --project Example --prefix EX " +
	"--base-url https://example.org\n"

// Every example in the help of a verb is run, too.
func TestExamplesInHelp(t *testing.T) {
	dir := t.TempDir()
	verbs := slices.Concat(newRoot().Commands(), newLab().Commands(), newEntropy().Commands(),
		newSite().Commands())
	for _, c := range verbs {
		script := scriptOf("```sh\n" + unindent(c.Example) + "\n```\n")
		if c.Name() == "check" || c.Name() == "run" { // they take a file
			script = "exec atoll lab init\ncp stdout net.yaml\n" + script
		}
		switch c.CommandPath() { // they take records, and what was built
		case "atoll site", "site build":
			script = initTeam + script
		case "site serve":
			script = initTeam + "exec atoll site build --out public\n" + script
		case "atoll build":
			script = checkout(t) + script
		case "atoll boot", "atoll inspect":
			script = checkout(t) + "exec atoll build ./examples/print\n" +
				"exec atoll build ./examples/hello\nexec atoll build ./examples/iperf\n" + script
			lab, err := os.ReadFile("testdata/documents/unikernel.txtar")
			if err != nil {
				t.Fatal(err)
			}
			script += "\n" + string(lab)
		}
		name := filepath.Join(dir, strings.ReplaceAll(c.CommandPath(), " ", "_")+".txtar")
		if err := os.WriteFile(name, []byte(script), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	runScripts(t, dir)
}

// checkout gives a script the source of the project, in which commands write files of their own.
func checkout(t *testing.T) string {
	t.Helper()
	entries, err := os.ReadDir("../..")
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, e := range entries {
		if e.IsDir() && e.Name()[0] != '.' {
			fmt.Fprintf(&b, "symlink %s -> $SOURCE/%[1]s\n", e.Name())
		}
	}
	return b.String() + "cp $SOURCE/go.mod go.mod\ncp $SOURCE/go.sum go.sum\n"
}

func unindent(s string) string {
	var lines []string
	for line := range strings.Lines(s) {
		lines = append(lines, strings.TrimSpace(line))
	}
	return strings.Join(lines, "\n")
}

// withQEMU lets a script run what needs a hypervisor where there is one.
const withQEMU = "[exec:qemu-system-x86_64]"

// ports are those of servers in scripts.
var ports atomic.Int32

// scriptOf turns the atoll commands in a document's sh blocks into a script: output into a file by
// a copy, a server in the background, comments away.
func scriptOf(text string) string {
	var b strings.Builder
	inside := false
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "```") {
			inside = line == "```sh"
			continue
		}
		line, comment, _ := strings.Cut(line, " #")
		exec := "exec"
		if strings.HasPrefix(comment, " exit ") && !strings.HasPrefix(comment, " exit 0") {
			exec = "! exec"
		}
		line = strings.TrimSpace(strings.TrimPrefix(line, "go run ./cmd/"))
		if !inside || !strings.HasPrefix(line, "atoll ") {
			continue
		}
		command, file, redirected := strings.Cut(line, " > ")
		switch {
		case line == "atoll iperf -s": // until a test is over, for the client behind it
			b.WriteString("exec atoll iperf -s --one-off &\n")
		case strings.HasPrefix(line, "atoll iperf -c"):
			fmt.Fprintf(&b, "listening 5201\nexec %s\nwait\n", line)
		case strings.HasPrefix(line, "atoll site serve"): // on a port of its own, and stopped
			port := fmt.Sprint(20000 + ports.Add(1))
			line = strings.Replace(line, ":8080", ":"+port, 1)
			fmt.Fprintf(&b, "exec %s &server&\nlistening %s\nkill -INT server\nwait server\n", line,
				port)
		case strings.HasPrefix(line, "atoll boot") && strings.Contains(line, "--publish"): // likewise
			port := fmt.Sprint(20000 + ports.Add(1))
			scheme := "http"
			if strings.Contains(line, "8443:") {
				scheme = "https"
			}
			line = strings.NewReplacer("8080:", port+":", "8443:", port+":").Replace(line)
			fmt.Fprintf(&b, "%s exec %s &machine&\n%[1]s answers %[3]s://127.0.0.1:%[4]s\n"+
				"%[1]s kill -INT machine\n%[1]s wait machine\n", withQEMU, line, scheme, port)
		case strings.HasPrefix(line, "atoll boot"):
			fmt.Fprintf(&b, "%s %s %s\n", withQEMU, exec, command)
		default:
			fmt.Fprintf(&b, "%s %s\n", exec, command)
		}
		if redirected {
			fmt.Fprintf(&b, "cp stdout %s\n", file)
		}
	}
	return b.String()
}
