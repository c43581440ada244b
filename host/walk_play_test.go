package host

import (
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
)

// story is one call and one event.
type story struct {
	steps []step
	// event happens right before a turn of the engine, which brings what has arrived by then.
	event func()
	// enough says that the event must end the call's waiting. If not, more does.
	enough bool
	more   func()
	// wrong looks at what has come of it, and says what is wrong.
	wrong func() string
}

// step is a part of a call between two places where something may happen.
type step struct {
	name string
	with access
	do   func()
	// when says whether there is something to do, from what the program itself knows; nil is yes.
	when func() bool
}

// access is what a step looks at or changes.
type access uint8

const (
	alone   access = 0         // nothing that anybody else does
	conn    access = 1 << iota // the endpoint, under its lock
	set                        // the touched set, under its lock
	network                    // the stack, under the network's lock
)

// parts are what a turn of the engine is made of, and what each looks at. It holds the network's
// lock from the first to the third.
var parts = [...]struct {
	name string
	with access
	do   func(r *rig)
}{
	{"takeMarked", set, func(r *rig) {
		r.seen = r.m.kicks.Load()
		r.n.takeMarked()
	}},
	{"pushMarked", conn, func(r *rig) {
		r.n.pushMarked(r.n.now())
		r.checkRoom()
	}},
	{"Step and pull", conn, func(r *rig) {
		for r.n.net.Step(r.n.now()) {
		}
	}},
	{"wake", conn, func(r *rig) {
		wakeAll(r.n.takeWakes(nil))
		synctest.Wait()
	}},
}

const locked = 3 // parts under the network's lock

// program is a goroutine that does steps when it is told to.
type program struct {
	todo chan func()
	idle atomic.Bool
}

func newProgram(r *rig) *program {
	p := &program{todo: make(chan func())}
	p.idle.Store(true)
	r.cleanups = append(r.cleanups, func() { close(p.todo) })
	go func() {
		for do := range p.todo {
			do()
			p.idle.Store(true)
		}
	}()
	return p
}

// do begins a step; the program is idle afterwards unless the step waits.
func (p *program) do(s step) {
	p.idle.Store(false)
	p.todo <- s.do
	synctest.Wait()
}

// play is one walk through a story.
type play struct {
	r     *rig
	s     *story
	p     *program
	at    int    // steps begun
	none  []bool // which of them had nothing to do
	eager bool
	over  bool // the turn
}

// to goes on to the place before step n; it reports whether it got there, and was not put to sleep
// before.
func (y *play) to(n int) bool {
	for y.p.idle.Load() && y.at < n {
		s := y.s.steps[y.at]
		y.at++
		none := s.when != nil && !s.when()
		if y.none = append(y.none, none); none {
			continue
		}
		y.p.do(s)
		if y.eager && y.over {
			y.r.settle()
		}
	}
	return y.p.idle.Load() && y.at == n
}

// finish does the rest, with the driver at work whenever the program sleeps.
func (y *play) finish() string {
	for !y.to(len(y.s.steps)) {
		y.r.run(rigPatience)
		if y.p.idle.Load() {
			continue
		}
		if y.s.enough {
			return "sleeps for ever"
		}
		if y.s.more == nil {
			panic("a story that does not end")
		}
		y.s.more()
		y.s.more = nil
		y.r.run(rigPatience)
		if !y.p.idle.Load() {
			return "sleeps for ever, whatever comes"
		}
	}
	y.r.run(rigPatience)
	return y.s.wrong()
}

// place names where the play stands.
func (y *play) place() string {
	switch {
	case !y.p.idle.Load():
		return "asleep in " + y.s.steps[y.at-1].name
	case y.at < len(y.s.steps):
		return "before " + y.s.steps[y.at].name
	}
	return "at the end"
}

// interleaving says before which step each part of the turn comes.
type interleaving [len(parts)]int

// play plays it. exact says of each part whether the program got as far as was asked for.
func (v *interleaving) play(y *play) (exact [len(parts)]bool, places []string) {
	for k, part := range parts {
		exact[k] = y.to(v[k])
		places = append(places, part.name+" "+y.place())
		if k == 0 {
			y.s.event()
			synctest.Wait()
		}
		part.do(y.r)
	}
	y.over = true
	return exact, places
}

// next goes on to the next interleaving that can make a difference, and reports whether there is
// one. A part moves on only past a step that it has something in common with: else the two may as
// well change places. It does not move where the program did not get to, and no step that needs the
// network's lock comes in between while the engine has it.
func (v *interleaving) next(y *play, exact [len(parts)]bool) bool {
	steps := y.s.steps
	for k := len(parts) - 1; k >= 0; k-- {
		if !exact[k] {
			continue
		}
		for g := v[k]; g < len(steps); g++ {
			if k > 0 && k < locked && steps[g].with&network != 0 && !y.none[g] {
				break
			}
			if !y.none[g] && (k == 0 || steps[g].with&parts[k].with != 0) {
				for i := k; i < len(parts); i++ {
					v[i] = g + 1
				}
				return true
			}
		}
	}
	return false
}

// walk plays every interleaving of a story. build makes a new one for each on a new rig.
func walk(t *testing.T, name string, build func(r *rig) *story) (plays int) {
	for _, eager := range [2]bool{false, true} {
		var v interleaving
		for more := true; more; plays++ {
			r := newRig(t)
			s := build(r)
			y := &play{r: r, s: s, p: newProgram(r), eager: eager}
			exact, places := v.play(y)
			if wrong := y.finish(); wrong != "" {
				t.Errorf("%s: %v, eager %t: %s", name, places, eager, wrong)
			}
			r.close()
			more = v.next(y, exact)
		}
	}
	return plays
}

// outcome says what is wrong if a call came to neither of some ends.
func outcome(got string, want ...string) string {
	if slices.Contains(want, got) {
		return ""
	}
	return fmt.Sprintf("the call returned %q, want one of %q", got, want)
}
