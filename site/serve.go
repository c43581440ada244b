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
	s := &http.Server{Handler: h, ReadHeaderTimeout: headerTimeout, ReadTimeout: headerTimeout,
		WriteTimeout: answerTimeout, IdleTimeout: idleTimeout, MaxHeaderBytes: HeaderBytesMax,
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn)}
	failed := make(chan error, 1)
	go func() { failed <- s.Serve(netutil.LimitListener(l, ConnectionsMax)) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
		return s.Shutdown(grace)
	}
}
