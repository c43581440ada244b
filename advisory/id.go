package advisory

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// IDBytesMax is how long an id can be.
const IDBytesMax = 64

var idForm = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]*(-[A-Za-z0-9]+)+$`)

// ValidID tells whether a text can be an id: parts of letters and digits with hyphens between, safe
// in a path and in a URL. Imported records keep ids of other forms than ours ("OSEC-2026-01").
func ValidID(id string) bool { return len(id) <= IDBytesMax && idForm.MatchString(id) }

// SerialMax is the last serial number of a year.
const SerialMax = 9999

// Serial returns the parts of an id of ours: PREFIX-YYYY-NNNN.
func (p *Project) Serial(id string) (year, number int, ok bool) {
	rest, ok := strings.CutPrefix(id, p.Prefix+"-")
	if !ok || len(rest) != len("2026-0001") || rest[4] != '-' {
		return 0, 0, false
	}
	year, err := strconv.Atoi(rest[:4])
	number, err2 := strconv.Atoi(rest[5:])
	form := fmt.Sprintf("%04d-%04d", year, number)
	return year, number, err == nil && err2 == nil && rest == form && year > 0 && number > 0
}

// NextID returns the id after the last one of a year. Numbers that were left out, or that
// project.yaml lists as unused, are not given again: an id that was named once means what it meant.
func (c *Collection) NextID(year int) (string, error) {
	last := 0
	take := func(id string) {
		if y, n, ok := c.Project.Serial(id); ok && y == year {
			last = max(last, n)
		}
	}
	for _, r := range c.records {
		take(r.ID)
	}
	for _, u := range c.Project.Unused {
		take(u.ID)
	}
	if last >= SerialMax || year < 1 || year > 9999 {
		return "", fmt.Errorf("advisory: choose the next id of %d: %d is the last number",
			year, SerialMax)
	}
	return fmt.Sprintf("%s-%04d-%04d", c.Project.Prefix, year, last+1), nil
}

// Permalink is the one address of a record's page, for ever.
func (p *Project) Permalink(r *Record) string { return p.BaseURL + "/advisories/" + r.ID + "/" }

// Owns tells whether a Go module is the project's own.
func (p *Project) Owns(module string) bool { return slices.Contains(p.Modules, module) }
