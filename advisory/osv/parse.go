package osv

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// EntryBytesMax is how large an entry may be; the largest of the Go vulnerability database has less
// than a tenth.
const EntryBytesMax = 4 << 20

// Parse reads an entry as Append writes it, and nothing else: no other field, order or spelling.
// So two readers cannot see different things in it.
func Parse(text []byte) (*Entry, error) {
	e := &Entry{}
	err := decode(text, e, true)
	if err == nil {
		err = e.validate()
	}
	if err == nil && !bytes.Equal(e.Append(nil), text) {
		err = fmt.Errorf("%s is written otherwise than Atoll writes it", e.ID)
	}
	if err != nil {
		return nil, fmt.Errorf("osv: read entry: %w", err)
	}
	return e, nil
}

// ParseForeign reads an entry of any database. Fields that Entry does not have are left out;
// what it does have must be sound. Times become UTC.
func ParseForeign(text []byte) (*Entry, error) {
	e, err := parseForeign(text)
	if err != nil {
		return nil, fmt.Errorf("osv: read entry: %w", err)
	}
	return e, nil
}

func parseForeign(text []byte) (*Entry, error) {
	var f foreign
	if err := decode(text, &f, false); err != nil {
		return nil, err
	}
	e := &f.Entry
	e.Affected = nil
	for _, a := range f.Affected {
		a.Affected.EcosystemSpecific = packages(a.EcosystemSpecific)
		e.Affected = append(e.Affected, a.Affected)
	}
	e.DatabaseSpecific = database(f.DatabaseSpecific)
	e.Modified = e.Modified.UTC()
	for _, t := range []*time.Time{e.Published, e.Withdrawn} {
		if t != nil {
			*t = t.UTC()
		}
	}
	return e, e.validate()
}

// foreign is an entry whose database_specific and ecosystem_specific, which mean something else in
// every database, are not read with it. The outer fields win over those of what is embedded.
type foreign struct {
	Entry
	Affected         []foreignAffected `json:"affected"`
	DatabaseSpecific json.RawMessage   `json:"database_specific"`
}

type foreignAffected struct {
	Affected
	EcosystemSpecific json.RawMessage `json:"ecosystem_specific"`
}

// packages reads what a Go database says of packages. If it is not that, the whole module has the
// problem: less would hide it.
func packages(text json.RawMessage) *EcosystemSpecific {
	var specific EcosystemSpecific
	if len(text) == 0 || json.Unmarshal(text, &specific) != nil || len(specific.Imports) == 0 {
		return nil
	}
	for _, p := range specific.Imports {
		if p.Path == "" {
			return nil
		}
	}
	return &specific
}

// database reads of database_specific what has our names and types.
func database(text json.RawMessage) *DatabaseSpecific {
	if len(text) == 0 || string(text) == "null" {
		return nil
	}
	var specific DatabaseSpecific
	var other *json.UnmarshalTypeError // the rest is read all the same
	if err := json.Unmarshal(text, &specific); err != nil && !errors.As(err, &other) {
		return nil
	}
	return &specific
}

// decode reads one JSON value and nothing after it.
func decode(text []byte, to any, strict bool) error {
	if len(text) > EntryBytesMax {
		return fmt.Errorf("%d bytes, at most %d", len(text), EntryBytesMax)
	}
	d := json.NewDecoder(bytes.NewReader(text))
	if strict {
		d.DisallowUnknownFields()
	}
	if err := d.Decode(to); err != nil {
		return err
	}
	if len(bytes.TrimSpace(text[d.InputOffset():])) > 0 {
		return errors.New("there is more after it")
	}
	return nil
}

// validate finds what would make an entry mean nothing, or two things.
func (e *Entry) validate() error {
	if !ValidID(e.ID) {
		return fmt.Errorf("id %.200q of an entry cannot name a file", e.ID)
	}
	if e.Modified.IsZero() {
		return fmt.Errorf("entry %s: no time of modification", e.ID)
	}
	for _, t := range []*time.Time{&e.Modified, e.Published, e.Withdrawn} {
		if t != nil && (t.Year() < 1 || t.Year() > 9999) { // in UTC it may be the next year
			return fmt.Errorf("entry %s: a time of the year %d", e.ID, t.Year())
		}
	}
	for i := range e.Affected {
		a := &e.Affected[i]
		for _, r := range a.Ranges {
			if err := r.validate(); err != nil {
				return fmt.Errorf("entry %s: affected %d: %w", e.ID, i, err)
			}
		}
	}
	if e.DatabaseSpecific == nil {
		return nil
	}
	for _, image := range e.DatabaseSpecific.Images {
		for _, r := range image.Ranges {
			if err := r.validate(); err != nil {
				return fmt.Errorf("entry %s: image %.200q: %w", e.ID, image.Name, err)
			}
		}
	}
	return nil
}

// validate: a range begins somewhere, and an event is one thing.
func (r *Range) validate() error {
	begins := false
	for _, e := range r.Events {
		set := 0
		for _, v := range []string{e.Introduced, e.Fixed, e.LastAffected, e.Limit} {
			if v != "" {
				set++
			}
		}
		if set != 1 {
			return fmt.Errorf("an event with %d versions", set)
		}
		begins = begins || e.Introduced != ""
	}
	if !begins {
		return errors.New("a range that is introduced nowhere")
	}
	return nil
}
