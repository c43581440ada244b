// Command web is a guest with the HTTP server of testdata/sockets/web, over Machine.Net.
package main

import (
	"context"
	"fmt"
	"net/http"

	"github.com/atoll-os/atoll/unikernel"
)

func main() { unikernel.Main(run) }

func run(_ context.Context, m *unikernel.Machine) error {
	http.HandleFunc("/{name}", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "Hello, %s!\n", r.PathValue("name"))
	})
	l, err := m.Net.Listen("tcp", ":80")
	if err != nil {
		return err
	}
	return http.Serve(l, nil)
}
