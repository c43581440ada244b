package advisory

import (
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"
)

// Limits of a directory of records.
const (
	RecordsMax         = 100_000
	CollectionBytesMax = 1 << 30
	FoldersMax         = 8 // below one another
	KeysMax            = 16
)

// KeysFolder is where the public keys of a project are, beside its records.
const KeysFolder = "keys"

// Load reads a directory: project.yaml, the public keys keys/*.asc, and every file *.md in it and
// below but README.md. Hidden files are not looked at. Links and devices are refused, so that
// nothing outside the directory is read. What is wrong with a file is a finding; an error is only
// that it cannot be read.
func Load(fsys fs.FS) (*Collection, []Finding, error) {
	l := &loader{fsys: fsys}
	if err := fs.WalkDir(fsys, ".", l.visit); err != nil {
		return nil, nil, fmt.Errorf("advisory: read records: %w", err)
	}
	if l.project == nil {
		if !l.seen {
			l.found(ProjectFile, 0, "the file is missing", "atoll advisory init writes one")
		}
		l.project = &Project{}
	}
	l.project.Keys = l.keys
	for _, name := range l.others {
		if prefix := l.project.Prefix; prefix != "" && strings.HasPrefix(path.Base(name), prefix+"-") {
			l.found(name, 0, "the file is named as a record, but is none",
				"a record's name ends in .md; remove the file or rename it")
		}
	}
	SortFindings(l.findings)
	return NewCollection(*l.project, l.records), l.findings, nil
}

type loader struct {
	fsys     fs.FS
	project  *Project
	seen     bool // project.yaml
	records  []*Record
	keys     []PublicKey
	others   []string
	bytes    int
	findings []Finding
}

func (l *loader) found(file string, line int, message, hint string) {
	l.findings = append(l.findings,
		Finding{File: file, Line: line, Message: message, Hint: hint})
}

func (l *loader) visit(name string, d fs.DirEntry, err error) error {
	base := path.Base(name)
	switch {
	case err != nil:
		return err
	case name == ".":
		return nil
	case !fs.ValidPath(name) || strings.ContainsAny(name, "\\:") || hasControl(name):
		l.found(strings.ToValidUTF8(fmt.Sprintf("%q", name), "?"), 0, "the name is refused",
			"name files with letters, digits, hyphens and dots")
		return skip(d)
	case strings.HasPrefix(base, "."):
		return skip(d)
	case d.IsDir():
		if strings.Count(name, "/") >= FoldersMax {
			l.found(name, 0, fmt.Sprintf("more than %d folders below one another", FoldersMax),
				"a record lies in the folder of its year")
			return fs.SkipDir
		}
		return nil
	case !d.Type().IsRegular():
		l.found(name, 0, "it is a link or a device, and is not followed",
			"put the file itself here")
		return nil
	case name == ProjectFile:
		l.seen = true
		return l.read(name, func(text []byte) []Finding {
			p, found := ParseProject(name, text)
			l.project = p
			return found
		})
	case base == "README.md":
		return nil
	case path.Dir(name) == KeysFolder && path.Ext(base) == ".asc":
		return l.key(name)
	case path.Ext(base) != ".md":
		l.others = append(l.others, name)
		return nil
	}
	if len(l.records) >= RecordsMax {
		l.found(name, 0, fmt.Sprintf("more than %d records", RecordsMax),
			"take a directory of records, not one that has one in it")
		return fs.SkipAll
	}
	return l.read(name, func(text []byte) []Finding {
		r, found := Parse(name, text)
		if r != nil {
			l.records = append(l.records, r)
		}
		return found
	})
}

// key reads the file of a public key. Whether it is one says package lint.
func (l *loader) key(name string) error {
	if len(l.keys) == KeysMax {
		l.found(name, 0, fmt.Sprintf("more than %d keys", KeysMax),
			"keep the one that signs, the one before and the next one")
		return fs.SkipDir
	}
	return l.read(name, func(text []byte) []Finding {
		l.keys = append(l.keys, PublicKey{name, text})
		return nil
	})
}

func skip(d fs.DirEntry) error {
	if d.IsDir() {
		return fs.SkipDir
	}
	return nil
}

func hasControl(s string) bool {
	_, found := firstControl(s)
	return found
}

// read hands the text of a file on: at most one byte more than a record can have.
func (l *loader) read(name string, use func(text []byte) []Finding) error {
	f, err := l.fsys.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, RecordBytesMax+1))
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if l.bytes += len(text); l.bytes > CollectionBytesMax {
		l.found(name, 0, fmt.Sprintf("the records are more than %d bytes", CollectionBytesMax),
			"take a directory of records, not one that has one in it")
		return fs.SkipAll
	}
	l.findings = append(l.findings, use(text)...)
	return nil
}
