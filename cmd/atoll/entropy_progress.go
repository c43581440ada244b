package main

import (
	"os"
	"sync"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
	"golang.org/x/term"
)

// countBar shows how far a count is, on a terminal and if it takes long. It is safe for concurrent
// use.
type countBar struct {
	what     string
	terminal bool
	start    time.Time

	mu   sync.Mutex
	bars *mpb.Progress
	bar  *mpb.Bar
}

func newBar(what string) *countBar {
	return &countBar{what: what, terminal: term.IsTerminal(int(os.Stderr.Fd())), start: time.Now()}
}

// set says how many of total are done. Work that is done at once may report out of order.
func (b *countBar) set(done, total int) {
	if !b.terminal || time.Since(b.start) < progressAfter {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.bar == nil {
		b.bars = mpb.New(mpb.WithOutput(os.Stderr), mpb.WithWidth(60))
		b.bar = b.bars.AddBar(int64(total), mpb.BarRemoveOnComplete(),
			mpb.PrependDecorators(decor.Name(b.what+" ")),
			mpb.AppendDecorators(decor.CountersNoUnit(" %d of %d")))
	}
	if n := min(int64(done), int64(total)-1); n > b.bar.Current() {
		b.bar.SetCurrent(n)
	}
}

// end takes the bar away.
func (b *countBar) end() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.bar != nil {
		b.bar.Abort(true)
		b.bars.Wait()
		b.bar = nil
	}
}
