// Package greet is the service of command hello: what runs as a process, on a host of a lab, and on
// a machine of a topology file.
package greet

import (
	"context"
	"fmt"
	"net/http"

	"github.com/atoll-os/atoll/unikernel"
)

// config are the settings of hello.
type config struct {
	_        struct{} `doc:"Hello greets whoever asks over HTTP."`
	Listen   string   `doc:"address to serve on"`
	Greeting string   `doc:"what to say" required:"true"`
}

// Serve greets until ctx ends; then it lets requests under way finish within the machine's grace.
func Serve(ctx context.Context, m *unikernel.Machine) error {
	cfg := config{Listen: ":80", Greeting: "Hello"}
	if err := m.Config.Decode(&cfg); err != nil {
		return err
	}
	l, err := m.Net.Listen("tcp", cfg.Listen)
	if err != nil {
		return err
	}
	m.Log.Info("serving", "addr", l.Addr().String())
	s, failed := &http.Server{Handler: greeter(cfg.Greeting)}, make(chan error, 1)
	go func() { failed <- s.Serve(l) }()
	m.Ready(nil)
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
		return s.Shutdown(m.Grace()) // Serve returns before Shutdown has drained: wait here
	}
}

// greeter greets by the path of the request: /Ada is "Hello, Ada!".
func greeter(greeting string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := r.URL.Path[1:]
		if name == "" {
			name = "world"
		}
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		fmt.Fprintf(w, "%s, %s!\n", greeting, name)
	})
}
