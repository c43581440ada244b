package main

import (
	"io"
	"os"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
	"golang.org/x/term"

	"github.com/atoll-os/atoll/lab/topology"
)

// progressAfter is how long a run takes before it shows how far it is.
const progressAfter = 2 * time.Second

// progress shows how far a run is, in real time and outside its bubble, if standard error is a
// terminal and the run is a long one. The returned function ends it.
func progress(p *topology.Progress, total time.Duration) (done func()) {
	if !term.IsTerminal(int(os.Stderr.Fd())) {
		return func() {}
	}
	quit, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		select {
		case <-quit:
			return
		case <-time.After(progressAfter):
		}
		showProgress(os.Stderr, p, total, quit)
	}()
	return func() { close(quit); <-ended }
}

func showProgress(w io.Writer, p *topology.Progress, total time.Duration, quit <-chan struct{}) {
	bars := mpb.New(mpb.WithOutput(w), mpb.WithWidth(60))
	bar := bars.AddBar(int64(total),
		mpb.BarRemoveOnComplete(),
		mpb.PrependDecorators(decor.Any(func(decor.Statistics) string {
			return p.Now().Round(100*time.Millisecond).String() + " of the lab's time "
		})),
		mpb.AppendDecorators(decor.Any(func(decor.Statistics) string { return " " + p.What() })))
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			bar.SetCurrent(min(int64(p.Now()), int64(total)-1))
		case <-quit:
			bar.Abort(true)
			bars.Wait()
			return
		}
	}
}
