package site

import (
	"context"
	"log/slog"
	"math"
	"net"
	"net/http"
	"runtime/debug"
	"runtime/metrics"
	"time"

	"golang.org/x/net/netutil"
)

// Limits of a server of websites.
const (
	ConnectionsMax = 4096
	HeaderBytesMax = 16 << 10

	connectionBytes = 128 << 10 // of memory that one may take, with TLS and buffers of the network
	connectionsMin  = 8

	headerTimeout = 10 * time.Second // for the head of a request
	answerTimeout = 2 * time.Minute  // for an answer: a big file over a slow line
	idleTimeout   = 2 * time.Minute  // between two requests
	shortTimeout  = 5 * time.Second  // the same where there is memory for few connections
)

// connections is how many there may be at once on one of two listeners: as many as there is memory
// for, where it has a limit. Others wait until one has ended.
func connections() int {
	limit := debug.SetMemoryLimit(-1) // a negative one only asks
	if limit == math.MaxInt64 {
		return ConnectionsMax
	}
	return connectionsIn(limit - int64(memoryTaken()))
}

// connectionsIn is connections for so many bytes that are free.
func connectionsIn(free int64) int {
	return int(max(connectionsMin, min(free/connectionBytes/2, ConnectionsMax)))
}

// memoryTaken is what the Go runtime has of the system's memory, in bytes.
func memoryTaken() uint64 {
	sample := []metrics.Sample{{Name: "/memory/classes/total:bytes"},
		{Name: "/memory/classes/heap/released:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64() - sample[1].Value.Uint64()
}

// Serve serves a handler on a listener until ctx ends; then it lets requests under way finish until
// grace ends. log is told of connections that fail; nil: nobody.
func Serve(ctx, grace context.Context, l net.Listener, h http.Handler, log *slog.Logger) error {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return serve(ctx, grace, netutil.LimitListener(l, ConnectionsMax), h, log)
}

// serve is Serve for a listener that has a limit, and may speak TLS: what is put round that would
// hide from package http that it does.
func serve(ctx, grace context.Context, l net.Listener, h http.Handler, log *slog.Logger) error {
	idle := idleTimeout
	if connections() < ConnectionsMax {
		idle = shortTimeout
	}
	s := &http.Server{Handler: h, ReadHeaderTimeout: headerTimeout, ReadTimeout: headerTimeout,
		WriteTimeout: answerTimeout, IdleTimeout: idle, MaxHeaderBytes: HeaderBytesMax,
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn)}
	failed := make(chan error, 1)
	go func() { failed <- s.Serve(l) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
		return s.Shutdown(grace)
	}
}
