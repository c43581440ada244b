package check

import "time"

// The types of --json. Every list is there, also when it is empty.

// JSON is a result for programs.
type JSON struct {
	Date      time.Time      `json:"date"`
	Verdict   Status         `json:"verdict"` // the worst of all targets
	Databases []JSONDatabase `json:"databases"`
	Targets   []JSONTarget   `json:"targets"`
	Unused    []JSONUnused   `json:"unused"`
}

// JSONDatabase is a database and what is known of it.
type JSONDatabase struct {
	Location    string     `json:"location"`
	Kind        string     `json:"kind"`
	Signed      bool       `json:"signed"`
	FirstUse    bool       `json:"first_use,omitempty"`
	Fingerprint string     `json:"fingerprint,omitempty"`
	Sequence    int        `json:"sequence,omitempty"`
	Issued      *time.Time `json:"issued,omitempty"`
	Expires     *time.Time `json:"expires,omitempty"`
	Forgotten   string     `json:"forgotten,omitempty"`
}

// JSONTarget is a target and its verdicts.
type JSONTarget struct {
	Target   string        `json:"target"`
	Kind     Kind          `json:"kind"`
	Verdict  Status        `json:"verdict"`
	Level    Level         `json:"level"`
	Modules  int           `json:"modules"`
	Gaps     []string      `json:"gaps"`
	Notes    []string      `json:"notes"`
	Verdicts []JSONVerdict `json:"verdicts"`
}

// JSONVerdict is what one advisory means for one module.
type JSONVerdict struct {
	ID         string          `json:"id"`
	Aliases    []string        `json:"aliases"`
	Title      string          `json:"title"`
	URL        string          `json:"url,omitempty"`
	Database   string          `json:"database"`
	Ecosystem  string          `json:"ecosystem"`
	Module     string          `json:"module"`
	Version    string          `json:"version,omitempty"` // without "v"; missing if it is not known
	Status     Status          `json:"status"`
	Reason     string          `json:"reason"`
	Level      Level           `json:"level"`
	Fixed      string          `json:"fixed,omitempty"`
	Trace      []string        `json:"trace,omitempty"`
	File       string          `json:"file"`
	Line       int             `json:"line,omitempty"`
	Suppressed *JSONSuppressed `json:"suppressed,omitempty"`
}

// JSONSuppressed says why a verdict does not count.
type JSONSuppressed struct {
	By     string `json:"by"`
	Reason string `json:"reason"`
	Until  string `json:"until"`
}

// JSONUnused is an exception about which nothing was found.
type JSONUnused struct {
	ID   string `json:"id"`
	File string `json:"file"`
	Line int    `json:"line"`
}

// JSON turns a result into the form for programs.
func (r *Result) JSON() *JSON {
	j := &JSON{Date: r.Date, Verdict: r.Status(), Databases: []JSONDatabase{},
		Targets: []JSONTarget{}, Unused: []JSONUnused{}}
	for _, d := range r.Databases {
		to := JSONDatabase{Location: d.Location, Kind: d.Kind, Signed: d.Trust.Signed,
			FirstUse: d.Trust.FirstUse, Fingerprint: d.Trust.Fingerprint, Sequence: d.Trust.Sequence,
			Forgotten: d.Trust.Forgotten}
		if !d.Trust.Issued.IsZero() {
			to.Issued, to.Expires = &d.Trust.Issued, &d.Trust.Expires
		}
		j.Databases = append(j.Databases, to)
	}
	for i := range r.Reports {
		from := &r.Reports[i]
		to := JSONTarget{Target: from.Target.Target, Kind: from.Target.Kind, Verdict: from.Status(),
			Level: from.Level, Modules: len(from.Target.Modules), Gaps: list(from.Gaps),
			Notes: list(from.Notes), Verdicts: []JSONVerdict{}}
		for k := range from.Verdicts {
			to.Verdicts = append(to.Verdicts, from.Verdicts[k].json())
		}
		j.Targets = append(j.Targets, to)
	}
	for _, e := range r.Unused {
		j.Unused = append(j.Unused, JSONUnused{e.ID, e.File, e.Line})
	}
	return j
}

func (v *Verdict) json() JSONVerdict {
	j := JSONVerdict{ID: v.Record.ID, Aliases: list(v.Record.Aliases), Title: v.Record.Title(),
		URL: v.Record.URL(), Database: v.Record.Database, Ecosystem: v.Module.Ecosystem,
		Module: v.Module.Path, Version: v.Module.Version, Status: v.Status, Reason: v.Reason,
		Level: v.Level, Fixed: v.Fixed, Trace: v.Trace, File: v.Module.File, Line: v.Module.Line}
	if v.Suppressed != nil {
		j.Suppressed = &JSONSuppressed{v.Suppressed.By, v.Suppressed.Reason,
			v.Suppressed.Until.Format(time.DateOnly)}
	}
	return j
}

// list makes an empty list of none.
func list(of []string) []string {
	if of == nil {
		return []string{}
	}
	return of
}
