package topology

import (
	"context"
	"crypto/tls"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/atoll-os/atoll/internal/units"
	"github.com/atoll-os/atoll/unikernel"
)

// webIdle is how long a server keeps a connection on which nothing is asked.
const webIdle = 2 * time.Minute

// web serves a tree. HTTP/2 is not offered: it does not repeat.
func (r *runner) web(m *machine, w *Web) unikernel.Service {
	t := r.trees[m.host]
	handler := http.Handler(t)
	if h := r.options.Handlers[m.host.Name]; h != nil {
		handler = h
	}
	return func(ctx context.Context, u *unikernel.Machine) error {
		l, err := u.Net.Listen("tcp", ":"+webPort(w))
		if err != nil {
			return err
		}
		if w.TLS {
			h := r.hosts[m.name]
			l = tls.NewListener(l, &tls.Config{
				Certificates:           []tls.Certificate{h.Certificate()},
				KeyLogWriter:           h.KeyLog(),
				MinVersion:             tls.VersionTLS13,
				SessionTicketsDisabled: true, // a restarted server would not know its own
			})
		}
		u.Log.Info("serves " + strconv.Itoa(len(t.files)) + " files, " + units.Size(t.bytes))
		s := &http.Server{Handler: handler, IdleTimeout: webIdle,
			ErrorLog: slog.NewLogLogger(u.Log.Handler(), slog.LevelWarn)}
		failed := make(chan error, 1)
		go func() { failed <- s.Serve(l) }()
		r.up()
		u.Ready(nil)
		select {
		case err = <-failed:
		case <-ctx.Done():
			s.Shutdown(u.Grace())
			err = nil
		}
		s.Close()
		return err
	}
}

func webPort(w *Web) string {
	if w.TLS {
		return "443"
	}
	return "80"
}

// webURL is where a client finds a host's files.
func webURL(w *Web, host string) string {
	if w.TLS {
		return "https://" + host + "/"
	}
	return "http://" + host + "/"
}

// ServeHTTP serves the files of the tree, without dates: those of files differ from copy to copy.
func (t *tree) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	if q.Method != http.MethodGet && q.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "only GET and HEAD", http.StatusMethodNotAllowed)
		return
	}
	name := strings.TrimPrefix(q.URL.Path, "/")
	if name == "" || strings.HasSuffix(name, "/") {
		name += "index.html"
	}
	content, ok := t.open(name)
	if !ok {
		http.NotFound(w, q)
		return
	}
	w.Header().Set("Content-Type", contentType(name))
	http.ServeContent(w, q, name, time.Time{}, content)
}

// dialTLS shakes hands before anybody shares the connection: see package lab.
func dialTLS(u *unikernel.Machine, config *tls.Config) func(context.Context, string, string) (
	net.Conn, error) {
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		raw, err := u.Net.DialContext(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		c := tls.Client(raw, config)
		if err := c.HandshakeContext(ctx); err != nil {
			raw.Close()
			return nil, err
		}
		return c, nil
	}
}
