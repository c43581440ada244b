package drbg

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"os"
	"strings"
	"testing"
)

// Limits of a response file of the CAVP.
const (
	rspCasesMax  = 10_000
	rspFieldsMax = 16 // of one case or group
)

// rspField is a line "name = value".
type rspField struct{ name, value string }

// rspGroup is the bracketed lines before its cases: a title ("AES-256 no df") and parameters.
type rspGroup struct {
	title  string
	params []rspField
	cases  []rspCase
}

// rspCase is the lines from one "COUNT = n" to the next: names in order, values as bytes. A name
// may come twice, which is how a case says what each of two requests is given.
type rspCase struct {
	count  int
	names  []string
	values [][]byte
}

// get returns the n-th value of that name, from 0, or nil if there is none.
func (c *rspCase) get(name string, n int) []byte {
	for i := range c.names {
		if c.names[i] == name {
			if n == 0 {
				return c.values[i]
			}
			n--
		}
	}
	return nil
}

// parseRSP reads a response file. Comments and blank lines are skipped.
func parseRSP(text []byte) (groups []rspGroup, err error) {
	number, cases := 0, 0
	for line := range strings.Lines(string(text)) {
		number++
		line = strings.TrimSpace(line)
		switch {
		case line == "" || line[0] == '#':
		case line[0] == '[':
			groups, err = addBracket(groups, line)
		case len(groups) == 0:
			err = fmt.Errorf("a case outside of a group")
		default:
			g := &groups[len(groups)-1]
			if err = g.addField(line); err == nil && strings.HasPrefix(line, "COUNT") {
				cases++
			}
		}
		if cases > rspCasesMax {
			err = fmt.Errorf("more than %d cases", rspCasesMax)
		}
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", number, err)
		}
	}
	return groups, nil
}

// addBracket takes "[title]", which begins a group, or "[name = value]".
func addBracket(groups []rspGroup, line string) ([]rspGroup, error) {
	inner, ok := strings.CutSuffix(line[1:], "]")
	if !ok {
		return nil, fmt.Errorf("no closing bracket")
	}
	name, value, isParam := strings.Cut(inner, "=")
	if !isParam {
		return append(groups, rspGroup{title: strings.TrimSpace(inner)}), nil
	}
	if len(groups) == 0 {
		return nil, fmt.Errorf("a parameter outside of a group")
	}
	g := &groups[len(groups)-1]
	if len(g.cases) > 0 || len(g.params) >= rspFieldsMax {
		return nil, fmt.Errorf("a parameter too late or too many")
	}
	g.params = append(g.params, rspField{strings.TrimSpace(name), strings.TrimSpace(value)})
	return groups, nil
}

func (g *rspGroup) addField(line string) error {
	name, value, ok := strings.Cut(line, "=")
	if name, value = strings.TrimSpace(name), strings.TrimSpace(value); !ok || name == "" {
		return fmt.Errorf("neither comment nor bracket nor field")
	}
	if name == "COUNT" {
		var count int
		if _, err := fmt.Sscanf(value, "%d", &count); err != nil || fmt.Sprint(count) != value {
			return fmt.Errorf("count is no number")
		}
		g.cases = append(g.cases, rspCase{count: count})
		return nil
	}
	if len(g.cases) == 0 {
		return fmt.Errorf("a field outside of a case")
	}
	c := &g.cases[len(g.cases)-1]
	if len(c.names) >= rspFieldsMax {
		return fmt.Errorf("more than %d fields", rspFieldsMax)
	}
	b, err := hex.DecodeString(value)
	if err != nil {
		return err
	}
	c.names, c.values = append(c.names, name), append(c.values, b)
	return nil
}

// formatRSP writes groups as a file that parses to the same.
func formatRSP(groups []rspGroup) []byte {
	var b bytes.Buffer
	for _, g := range groups {
		fmt.Fprintf(&b, "[%s]\n", g.title)
		for _, p := range g.params {
			fmt.Fprintf(&b, "[%s = %s]\n", p.name, p.value)
		}
		for _, c := range g.cases {
			fmt.Fprintf(&b, "\nCOUNT = %d\n", c.count)
			for i := range c.names {
				fmt.Fprintf(&b, "%s = %x\n", c.names[i], c.values[i])
			}
		}
		b.WriteString("\n")
	}
	return b.Bytes()
}

func TestParseRSPErrors(t *testing.T) {
	for text, want := range map[string]string{
		"COUNT = 0":                   "line 1: a case outside of a group",
		"[x = 1]":                     "line 1: a parameter outside of a group",
		"[a":                          "line 1: no closing bracket",
		"[a]\nb":                      "line 2: neither comment nor bracket nor field",
		"[a]\nb = 00":                 "line 2: a field outside of a case",
		"[a]\nCOUNT = 0\n[b = 1]":     "line 3: a parameter too late or too many",
		"[a]\nCOUNT = 0\nb = 0":       "line 3: encoding/hex: odd length hex string",
		"[a]\nCOUNT = x":              "line 2: count is no number",
		"[a]\nCOUNT = 1x":             "line 2: count is no number",
		"[a]\n = 00":                  "line 2: neither comment nor bracket nor field",
		"[a]\nCOUNT = 0\nb = 00\nc=g": "line 4: encoding/hex: invalid byte: U+0067 'g'",
	} {
		if _, err := parseRSP([]byte(text)); fmt.Sprint(err) != want {
			t.Errorf("%q: error %v, want %s", text, err, want)
		}
	}
	many := "[a]\nCOUNT = 0\n" + strings.Repeat("b = 00\n", rspFieldsMax+1)
	if _, err := parseRSP([]byte(many)); err == nil {
		t.Error("a case of endless fields: no error")
	}
	many = "[a]\n" + strings.Repeat("COUNT = 0\n", rspCasesMax+1)
	if _, err := parseRSP([]byte(many)); err == nil {
		t.Error("endless cases: no error")
	}
}

// FuzzParseRSP: parsing what was formatted gives the same, and nothing panics.
func FuzzParseRSP(f *testing.F) {
	f.Add([]byte("# c\n[AES-256 no df]\n[NonceLen = 0]\n\nCOUNT = 0\nEntropyInput = 00ff\nNonce = \n"))
	f.Add([]byte("[a]\r\nCOUNT = -1\r\n[b]\r\n"))
	f.Add([]byte("[a]\nCOUNT = 0\nx = zz\n"))
	if text, err := os.ReadFile("testdata/cavp/pr_true_CTR_DRBG_AES-256_no_df.rsp"); err == nil {
		f.Add(text[:2000])
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		groups, err := parseRSP(text)
		if err != nil {
			return
		}
		once := formatRSP(groups)
		again, err := parseRSP(once)
		if err != nil || !bytes.Equal(formatRSP(again), once) {
			t.Errorf("%q parses to\n%s\nwhich parses to %v, %v", text, once, again, err)
		}
	})
}
