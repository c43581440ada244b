package topology

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"sync"
	"time"

	"github.com/atoll-os/atoll/internal/units"
	"github.com/atoll-os/atoll/unikernel"
)

const (
	// StallPatience is how long a fetching host waits for the next byte before it begins again.
	StallPatience = 5 * time.Second
	// fetchPause is how long it waits before that.
	fetchPause = 250 * time.Millisecond
	// fetchStagger is how much later each further connection does the same: in one instant only
	// one goroutine of a host may dial a destination, or the run does not repeat.
	fetchStagger = time.Millisecond
	fetchBuffer  = 64 << 10
)

var (
	errStalled  = errors.New("nothing came for " + units.Duration(StallPatience))
	errDead     = errors.New("the connection was dead")
	errMismatch = errors.New("another SHA-256 sum than the server's file")
)

// fetcher is one life of a fetching host.
type fetcher struct {
	run      *runner
	client   int
	machine  *unikernel.Machine
	settings *Fetch
	server   string
	url      string
	tls      *tls.Config // nil without
	files    []*treeFile
	turns    int       // how often each file is fetched
	record   *Transfer // guarded by the run's lock
}

// fetch gets files from a server and compares their sums.
func (r *runner) fetch(index int, f *Fetch) unikernel.Service {
	c := r.plan.clients[index]
	server := &r.plan.machines[c.server]
	return func(ctx context.Context, u *unikernel.Machine) error {
		w := server.run().(*Web)
		j := &fetcher{run: r, client: index, machine: u, settings: f, server: server.name,
			url: webURL(w, server.name), files: r.trees[server.host].choose(f.Files),
			turns: max(f.Repeat, 1), record: r.transfers[index]}
		if w.TLS {
			h := r.hosts[u.Name()]
			j.tls = &tls.Config{RootCAs: r.lab.CertPool(), ServerName: server.name,
				KeyLogWriter: h.KeyLog(), MinVersion: tls.VersionTLS13}
		}
		if !r.awaitStart(ctx, f.Start) {
			return nil
		}
		j.all(ctx)
		return nil
	}
}

// all fetches every file as often as it is wanted.
func (j *fetcher) all(ctx context.Context) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	j.run.mu.Lock()
	j.record.begin(j.run.now())
	j.run.mu.Unlock()
	connections := max(j.settings.Connections, 1)
	var wg sync.WaitGroup
	for k := range connections {
		wg.Go(func() {
			if err := j.share(ctx, k, connections); err != nil {
				cancel(err)
			}
		})
	}
	wg.Wait()
	if ctx.Err() != nil && errors.Is(context.Cause(ctx), unikernel.ErrKilled) || j.run.over() {
		return // it crashed, and may begin again; or the run is over
	}
	j.run.mu.Lock()
	if ctx.Err() != nil {
		j.record.Error = context.Cause(ctx).Error()
	} else {
		j.record.Done = true
	}
	j.record.Seconds = (j.run.now() - j.record.Start.Duration()).Seconds()
	text := fmt.Sprintf("has %d of %d files from %s", j.record.Files, j.record.FilesTotal, j.server)
	j.run.mu.Unlock()
	j.machine.Log.Info(text)
	j.run.done(j.client)
}

func (t *Transfer) begin(now time.Duration) {
	if t.Start == 0 {
		t.Start = Time(now)
	}
	t.Files, t.Bytes = 0, 0 // a machine that was restarted has nothing of before
}

// share fetches every file whose turn is this connection's.
func (j *fetcher) share(ctx context.Context, k, connections int) error {
	if !pause(ctx, time.Duration(k)*fetchStagger) {
		return nil
	}
	transport := &http.Transport{
		DialContext:        j.machine.Net.DialContext,
		MaxConnsPerHost:    1,
		DisableCompression: true,
	}
	if j.tls != nil {
		transport.DialTLSContext = dialTLS(j.machine, j.tls)
	}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport}
	buf := make([]byte, fetchBuffer)
	for n := k; n < len(j.files)*j.turns; n += connections {
		file := j.files[n%len(j.files)]
		for {
			err := j.get(ctx, client, file, buf)
			if ctx.Err() != nil {
				return nil
			}
			if err == nil {
				break
			}
			if j.settings.NoRetry {
				return fmt.Errorf("%s: %w", file.path, err)
			}
			j.again(file, err)
			if !pause(ctx, fetchPause+time.Duration(k)*fetchStagger) {
				return nil
			}
		}
		j.got(file)
	}
	return nil
}

func (j *fetcher) got(file *treeFile) {
	j.run.mu.Lock()
	defer j.run.mu.Unlock()
	j.record.Files++
	j.record.Bytes += int64(len(file.data))
}

// again counts a new beginning of a file, and says why.
func (j *fetcher) again(file *treeFile, err error) {
	j.run.mu.Lock()
	j.record.Retries++
	if errors.Is(err, errMismatch) {
		j.record.Mismatches++
	}
	j.run.mu.Unlock()
	j.machine.Log.Info("begins " + file.path + " again: " + err.Error())
}

// get fetches one file. It gives up when no byte comes for StallPatience: a server that was
// restarted says nothing on a connection that it does not know, as long as it is not asked.
func (j *fetcher) get(ctx context.Context, client *http.Client, file *treeFile, buf []byte) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	stall := time.AfterFunc(StallPatience, func() { cancel(errStalled) })
	defer stall.Stop()
	address := j.url + (&url.URL{Path: file.path}).EscapedPath()
	// Package http asks by itself again when a connection that it used before turns out to be dead.
	asked := 0
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GetConn: func(string) {
		if asked++; asked > 1 {
			j.again(file, errDead)
		}
	}})
	q, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	reply, err := client.Do(q)
	if err != nil {
		return plainError(ctx, err)
	}
	defer reply.Body.Close()
	if reply.StatusCode != http.StatusOK {
		return errors.New(strconv.Itoa(reply.StatusCode) + " " + http.StatusText(reply.StatusCode))
	}
	sum := sha256.New()
	for {
		n, err := reply.Body.Read(buf)
		sum.Write(buf[:n])
		if err == io.EOF {
			break
		}
		if err != nil {
			return plainError(ctx, err)
		}
		stall.Reset(StallPatience)
	}
	if [sha256.Size]byte(sum.Sum(nil)) != file.sum {
		return errMismatch
	}
	return nil
}

// plainError returns why a request failed without the URL, which is known.
func plainError(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}

// pause sleeps; false if ctx ends before.
func pause(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
