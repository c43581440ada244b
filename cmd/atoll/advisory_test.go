package main

import (
	"context"
	"net/http"
	"os"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/sys/unix"
)

// held waits until another process has a lock.
func held(ts *testscript.TestScript, _ bool, args []string) {
	until(ts, args[0]+" is not held", func() bool {
		f, err := os.Open(ts.MkAbs(args[0]))
		if err != nil {
			return false
		}
		defer f.Close()
		return unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB) != nil
	})
}

// serve serves a directory on a port of the loopback until the script is over.
func serve(ts *testscript.TestScript, _ bool, args []string) {
	server := &http.Server{Addr: "127.0.0.1:" + args[1],
		Handler: http.FileServer(http.Dir(ts.MkAbs(args[0])))}
	go server.ListenAndServe()
	ts.Defer(func() { server.Shutdown(context.Background()) })
	listening(ts, false, args[1:])
}
