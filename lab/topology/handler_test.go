package topology

import (
	"io/fs"
	"net/http"
	"sync/atomic"
	"testing"
	"testing/fstest"
)

// A host may serve its tree by a handler of its own; who fetches compares its bytes with the tree.
func TestHandlers(t *testing.T) {
	f := parse(t, `
duration: 10s
hosts:
  web: {run: web, root: ignored}
  a: {run: fetch, from: web, retry: false}
links: [{ends: [a, web], delay: 1ms}]
`)
	tree := fstest.MapFS{"a.txt": {Data: []byte("right")}, "b.txt": {Data: []byte("right")}}
	for body, want := range map[string]bool{"right": true, "wrong": false} {
		var asked atomic.Int32
		h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			asked.Add(1)
			w.Write([]byte(body))
		})
		r := run(t, f, RunOptions{Roots: map[string]fs.FS{"web": tree},
			Handlers: map[string]http.Handler{"web": h}})
		if asked.Load() == 0 || r.Transfers[0].Done != want {
			t.Errorf("%s: asked %d times, %+v", body, asked.Load(), r.Transfers[0])
		}
	}
}
