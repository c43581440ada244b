package main

import (
	"bufio"
	"crypto/rand"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"text/template"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/atoll-os/atoll/advisory"
	"github.com/atoll-os/atoll/advisory/sign"
)

//go:embed advisory_readme.md
var readmeText string

//go:embed advisory_ci.yaml
var ciText string

// initFlags say whose advisories a new directory is for.
type initFlags struct {
	project advisory.Project
	key     string
}

func newAdvisoryInit() *cobra.Command {
	var o initFlags
	c := &cobra.Command{
		Use:   "init [DIR]",
		Short: "Make a directory for your project's advisories",
		Long: `Make a directory for your project's advisories: project.yaml, which says whose they are,
a folder for this year's records, a README with the commands, and an example for your CI.

--key makes a key that signs. Its private half goes to a file that only you can read: keep it out
of the repository, and a copy of it where you find it in two years, when it expires. The public
half goes to keys/ in the directory.`,
		Example: `  atoll advisory init --project Example --prefix EX --base-url https://example.org
  atoll advisory init --project Example --prefix EX --base-url https://example.org --key ex.key it`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			dir := recordsDir
			if len(args) > 0 {
				dir = args[0]
			}
			if err := o.check(c.CommandPath()); err != nil {
				return err
			}
			if f, ok := c.InOrStdin().(*os.File); ok && o.key == "" && term.IsTerminal(int(f.Fd())) {
				fmt.Fprint(c.ErrOrStderr(), "File for a new key that signs [none]: ")
				lines := bufio.NewScanner(f)
				lines.Scan()
				o.key = strings.TrimSpace(lines.Text())
			}
			return o.make(dir, time.Now(), c.OutOrStdout(), c.ErrOrStderr())
		},
	}
	f := c.Flags()
	f.SortFlags = false
	p := &o.project
	f.StringVar(&p.Name, "project", "", "name of the project")
	f.StringVar(&p.Prefix, "prefix", "", "what its ids begin with, in capitals: EX in EX-2026-0001")
	f.StringVar(&p.BaseURL, "base-url", "", "address of the website that publishes them")
	f.StringSliceVar(&p.Contact, "contact", nil,
		"where to report, mailto:ADDRESS or https://…; the website's /security/, if left out")
	f.StringVar(&p.Policy, "policy", "", "the security policy; the website's /security/, if left out")
	f.StringSliceVar(&p.Modules, "module", nil, "path of a Go module of the project")
	f.StringVar(&o.key, "key", "", "file for a new private key that signs")
	return c
}

// check completes the project and refuses what project.yaml could not have.
func (o *initFlags) check(command string) error {
	p := &o.project
	hint := command + ` --project Example --prefix EX --base-url https://example.org`
	for _, need := range []struct{ flag, value string }{
		{"--project", p.Name}, {"--prefix", p.Prefix}, {"--base-url", p.BaseURL}} {
		if need.value == "" {
			return usagef(hint, "%s is missing", need.flag)
		}
	}
	p.BaseURL = strings.TrimRight(p.BaseURL, "/")
	page := p.BaseURL + "/security/"
	if len(p.Contact) == 0 {
		p.Contact = []string{page}
	}
	if p.Policy == "" {
		p.Policy = page
	}
	p.Languages, p.Category = []string{"en"}, "vendor"
	if _, found := advisory.ParseProject(advisory.ProjectFile, p.Append(nil)); len(found) > 0 {
		hint := found[0].Hint
		if found[0].Fix != "" {
			hint = "write " + found[0].Fix
		}
		return usagef(hint, "%s", found[0].Message)
	}
	return nil
}

// initFile is a file of a new directory.
type initFile struct {
	name string
	text []byte
}

// make writes the directory. What is there already is never changed.
func (o *initFlags) make(dir string, now time.Time, stdout, stderr io.Writer) error {
	if list, err := os.ReadDir(dir); err == nil && len(list) > 0 {
		return &hinted{fmt.Errorf("%s is not empty", dir), "name a directory that is not there yet",
			exitFailed}
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	key, err := o.makeKey(dir, now, stderr)
	if err != nil {
		return err
	}
	year := now.UTC().Format("2006")
	files := []initFile{
		{advisory.ProjectFile, o.project.Append(nil)},
		{"README.md", o.fill(readmeText, dir, year)},
		{"ci-example.yaml", o.fill(ciText, dir, year)},
		{year + "/.gitkeep", nil},
	}
	if key != nil {
		files = append(files, initFile{advisory.KeysFolder + "/" + key.Fingerprint() + ".asc",
			key.PublicKey()})
	}
	for _, f := range files {
		name := filepath.Join(dir, filepath.FromSlash(f.name))
		if err := createFile(name, f.text, 0o644); err != nil {
			return err
		}
		fmt.Fprintln(stdout, name)
	}
	from := ""
	if dir != recordsDir {
		from = " --from " + dir
	}
	fmt.Fprintln(stderr, "next: atoll advisory new"+from)
	return nil
}

// makeKey makes a key, if one is asked for, and writes its private half.
func (o *initFlags) makeKey(dir string, now time.Time, stderr io.Writer) (*sign.Key, error) {
	if o.key == "" {
		return nil, nil
	}
	inside, err := filepath.Rel(dir, o.key)
	if err == nil && filepath.IsLocal(inside) {
		return nil, usagef("name a file outside of "+dir,
			"the private key must not lie among the records")
	}
	if exists(o.key) {
		return nil, &hinted{fmt.Errorf("%s is there already", o.key), "name another file", exitFailed}
	}
	email := ""
	for _, contact := range o.project.Contact {
		if u, err := url.Parse(contact); err == nil && u.Scheme == "mailto" && email == "" {
			email = u.Opaque
		}
	}
	key, err := sign.Generate(o.project.Name, email, now.UTC().Truncate(time.Second), rand.Reader)
	if err != nil {
		return nil, &hinted{err, "leave signs such as ( ) < > out of --project", exitFailed}
	}
	if err := createFile(o.key, key.Private(), 0o600); err != nil {
		return nil, err
	}
	fmt.Fprintf(stderr, "%s: private key %s, which signs until %s: keep it secret, and keep a copy\n",
		o.key, key.Fingerprint(), key.Expires().Format(time.DateOnly))
	return key, nil
}

// fill completes a text with what the project is called.
func (o *initFlags) fill(text, dir, year string) []byte {
	var b strings.Builder
	t := template.Must(template.New("").Parse(text))
	key := o.key
	if key == "" {
		key = "KEYFILE"
	}
	err := t.Execute(&b, map[string]any{"Project": o.project, "Dir": filepath.Base(dir), "Year": year,
		"Key": filepath.Base(key)})
	if err != nil {
		panic("atoll: BUG: " + err.Error())
	}
	return []byte(b.String())
}
