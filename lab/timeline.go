package lab

import (
	"slices"
	"sync"
	"time"
)

// timeline does what is planned for set instants, one thing after the other.
type timeline struct {
	lock    sync.Mutex
	planned []plan // by instant, then by order of planning
	changed chan struct{}
	quit    chan struct{}
	ended   chan struct{}
	once    sync.Once
	notes   []Note
}

type plan struct {
	at   time.Duration
	what string
	do   func()
}

// Note is one thing that was done to a lab: the marks on the time axis of a report.
type Note struct {
	At   time.Duration
	What string
}

// NotesMax bounds the notes of a run; further ones are dropped.
const NotesMax = 100_000

func (t *timeline) start(l *Lab) {
	t.changed = make(chan struct{}, 1)
	t.quit, t.ended = make(chan struct{}), make(chan struct{})
	go t.run(l)
}

func (t *timeline) stop() {
	t.once.Do(func() { close(t.quit) })
	<-t.ended
}

func (t *timeline) run(l *Lab) {
	defer close(t.ended)
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		t.lock.Lock()
		var due plan
		wait := 365 * 24 * time.Hour
		if len(t.planned) > 0 {
			wait = t.planned[0].at - l.Now()
			if wait <= 0 {
				due = t.planned[0]
				t.planned = t.planned[1:]
			}
		}
		t.lock.Unlock()
		if due.do != nil {
			l.note(due.what)
			due.do()
			continue
		}
		timer.Reset(wait)
		select {
		case <-timer.C:
		case <-t.changed:
		case <-t.quit:
			return
		}
	}
}

// At does something d from now. What it is called stands in reports and failures.
func (l *Lab) At(d time.Duration, what string, do func()) {
	t := &l.timeline
	p := plan{l.Now() + d, what, do}
	t.lock.Lock()
	i, _ := slices.BinarySearchFunc(t.planned, p.at, func(q plan, at time.Duration) int {
		if q.at <= at {
			return -1
		}
		return 1
	})
	t.planned = slices.Insert(t.planned, i, p)
	t.lock.Unlock()
	select {
	case t.changed <- struct{}{}:
	default:
	}
}

// note records that something was done. What was planned in the words of what it does, At(d, "crash
// web", web.Crash), is one note.
func (l *Lab) note(what string) {
	t := &l.timeline
	n := Note{l.Now(), what}
	t.lock.Lock()
	defer t.lock.Unlock()
	if last := len(t.notes) - 1; last >= 0 && t.notes[last] == n || len(t.notes) == NotesMax {
		return
	}
	t.notes = append(t.notes, n)
}

// Notes returns what was done so far, in order.
func (l *Lab) Notes() []Note {
	l.timeline.lock.Lock()
	defer l.timeline.lock.Unlock()
	return slices.Clone(l.timeline.notes)
}
