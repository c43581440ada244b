package site

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"time"

	"golang.org/x/net/netutil"
)

// Limits of a server of websites.
const (
	ConnectionsMax = 4096
	HeaderBytesMax = 16 << 10

	headerTimeout = 10 * time.Second // for the head of a request
	answerTimeout = 2 * time.Minute  // for an answer: a big file over a slow line
	idleTimeout   = 2 * time.Minute  // between two requests
)

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
	s := &http.Server{Handler: h, ReadHeaderTimeout: headerTimeout, ReadTimeout: headerTimeout,
		WriteTimeout: answerTimeout, IdleTimeout: idleTimeout, MaxHeaderBytes: HeaderBytesMax,
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
