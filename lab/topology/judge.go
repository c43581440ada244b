package topology

import (
	"fmt"
	"time"

	"github.com/atoll-os/atoll/internal/units"
)

// judge holds every expectation against what happened.
func (r *runner) judge(result *Result) []Checked {
	list := []Checked{}
	for i := range r.plan.expect {
		c := &r.plan.expect[i]
		checked := Checked{Text: c.text}
		checked.OK, checked.Got = r.judgeOne(c, result)
		list = append(list, checked)
	}
	return list
}

func (r *runner) judgeOne(c *claim, result *Result) (ok bool, got string) {
	switch c.what {
	case nothing:
		return r.judgeDone(c, result)
	case flows:
		return c.judgeFlows(result)
	case fetches:
		return r.judgeFetches(c)
	}
	var drops uint64
	for _, w := range c.ways {
		k := &result.Links[w.link]
		if w.only != 1 {
			drops += k.AtoB.dropped()
		}
		if w.only != 0 {
			drops += k.BtoA.dropped()
		}
	}
	return c.band.holds(float64(drops)), c.band.unit.text(float64(drops))
}

// judgeDone asks whether all clients have ended without an error, and when.
func (r *runner) judgeDone(c *claim, result *Result) (ok bool, got string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	var last time.Duration
	undone := 0
	for i, done := range r.isDone {
		if !done {
			undone++
		}
		last = max(last, r.tests[i].ended)
	}
	for _, f := range result.Flows {
		if f.Error != "" && !result.Interrupted {
			return false, f.From + " > " + f.To + ": " + f.Error
		}
	}
	for _, t := range result.Transfers {
		if t.Error != "" {
			return false, t.Host + ": " + t.Error
		}
	}
	if undone > 0 {
		return false, fmt.Sprintf("%d of %d clients are not done", undone, len(r.isDone))
	}
	return c.band == nil || c.band.holds(float64(last)), "at " + timeUnit.text(float64(last))
}

// judgeFlows measures all flows of an expectation together.
func (c *claim) judgeFlows(result *Result) (ok bool, got string) {
	var v, weight float64
	for _, i := range c.flows {
		f := &result.Flows[i]
		if !f.Done {
			if why := f.Error; why != "" {
				return false, f.From + " > " + f.To + ": " + why
			}
			return false, f.From + " > " + f.To + " is not done"
		}
		switch c.name {
		case "goodput":
			v, weight = v+f.BitsPerSecond, 1
		case "retransmits":
			v, weight = v+float64(f.Retransmits), 1
		case "rtt":
			v, weight = v+float64(f.RTT), weight+1
		case "jitter":
			v, weight = v+float64(f.Jitter), weight+1
		case "lost":
			v, weight = v+float64(f.Lost), weight+float64(f.Datagrams)
		}
	}
	if weight == 0 {
		return false, "nothing was sent"
	}
	v /= weight
	return c.band.holds(v), c.unit.text(v)
}

// judgeFetches asks fetching hosts what they have got.
func (r *runner) judgeFetches(c *claim) (ok bool, got string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	files, total, bytes, retries, mismatches := 0, 0, int64(0), 0, 0
	complete := true
	for _, i := range c.clients {
		t := r.transfers[i]
		files, total, bytes = files+t.Files, total+t.FilesTotal, bytes+t.Bytes
		retries, mismatches = retries+t.Retries, mismatches+t.Mismatches
		complete = complete && t.Done
		if t.Error != "" && c.name == "transfers" {
			return false, t.Host + ": " + t.Error
		}
	}
	switch c.name {
	case "retries":
		return c.band.holds(float64(retries)), c.unit.text(float64(retries))
	case "checksums":
		return mismatches == 0 && files > 0, fmt.Sprintf("%d of %d files differ", mismatches,
			files+mismatches)
	}
	return complete, fmt.Sprintf("%d of %d files, %s", files, total, units.Size(bytes))
}
