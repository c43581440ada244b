package fault

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/atoll-os/atoll/internal/nearest"
	"github.com/atoll-os/atoll/internal/units"
)

// InputBytesMax is the length up to which Parse reads a text at all.
const InputBytesMax = 4096

// Words returns the vocabulary: the names that a value begins with.
func Words() []string {
	words := vocabulary()
	names := make([]string, len(words))
	for i, w := range words {
		names[i] = w.name
	}
	return names
}

// Parse reads values such as "delay 20ms 5ms loss 0.5%": names, each with its arguments, all with
// spaces between them. The error has a hint beside its text.
func Parse(s string) ([]Value, error) {
	if len(s) > InputBytesMax {
		return nil, &units.Error{Input: s[:40] + "...", Problem: "the faults are too long a text",
			Hint: fmt.Sprintf("at most %d bytes are read", InputBytesMax)}
	}
	words, names := vocabulary(), Words()
	fields := strings.Fields(s)
	var values []Value
	for len(fields) > 0 {
		i := slices.Index(names, fields[0])
		if i < 0 {
			return nil, unknown(fields[0])
		}
		n := 1
		for n < len(fields) && !slices.Contains(names, fields[n]) {
			n++
		}
		v, err := words[i].value(fields[1:n])
		if err != nil {
			return nil, err
		}
		values = append(values, v)
		fields = fields[n:]
	}
	return values, nil
}

func unknown(name string) error {
	hint := "write one of " + strings.Join(Words(), ", ")
	if near := nearest.Name(name, Words()); near != "" {
		hint = "did you mean " + near + "?"
	}
	return &units.Error{Input: name, Problem: fmt.Sprintf("there is no fault %q", name), Hint: hint}
}

func (w word) value(args []string) (Value, error) {
	if !slices.Contains(w.counts, len(args)) {
		return nil, w.miscounted(args)
	}
	v, err := w.parse(args)
	var quantity *units.Error
	switch {
	case errors.As(err, &quantity):
		problem := quantity.Problem
		if !strings.HasPrefix(problem, w.name+" ") {
			problem = w.name + ": " + problem
		}
		return nil, &units.Error{Input: quantity.Input, Problem: problem, Hint: quantity.Hint}
	case err != nil:
		text := strings.Join(args, " ")
		return nil, &units.Error{Input: text, Problem: fmt.Sprintf("%s: %q %v", w.name, text, err),
			Hint: "write " + w.example}
	}
	return v, nil
}

// miscounted says how many values the word takes; or, if one of those given looks like a word, that
// there is no such word.
func (w word) miscounted(args []string) error {
	for _, a := range args {
		if a[0] >= 'a' && a[0] <= 'z' && a != unlimited {
			return unknown(a)
		}
	}
	counts := make([]string, len(w.counts))
	for i, n := range w.counts {
		counts[i] = strconv.Itoa(n)
	}
	text := strings.Join(append([]string{w.name}, args...), " ")
	return &units.Error{Input: text, Hint: "write " + w.example, Problem: fmt.Sprintf(
		"%s takes %s, not %d", w.name, plural(strings.Join(counts, " or ")), len(args))}
}

func plural(count string) string {
	if count == "1" {
		return "1 value"
	}
	return count + " values"
}
