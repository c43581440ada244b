package site

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/net/netutil"

	"github.com/atoll-os/atoll/advisory"
	"github.com/atoll-os/atoll/tlsconf"
	"github.com/atoll-os/atoll/unikernel"
)

// settings are those of a website's program.
type settings struct {
	_           struct{}       `doc:"A project's website: its documents and its security advisories."`
	Listen      string         `doc:"address to serve HTTP on; empty: none"`
	ListenTLS   string         `doc:"address to serve HTTPS on; empty: none"`
	Certificate string         `doc:"for HTTPS, with its chain, in PEM; empty: a new one of its own"`
	Key         string         `doc:"private key of the certificate, in PEM" secret:"true"`
	HTTPS       bool           `doc:"clients come by https, which a proxy speaks: tell them to stay"`
	Rate        float64        `doc:"requests a second of one client, in the long run; -1: no limit"`
	Burst       int            `doc:"requests of one client at once" min:"1"`
	Proxies     []netip.Prefix `doc:"networks of proxies, whose X-Forwarded-For is believed"`
}

// Service is a website as a program: files makes it, when the program starts, of what is public
// on the date that it is given, and says when it was made.
//
// It serves HTTP on port 80, and where the machine is the program's own, HTTPS on port 443: with
// the certificate that its settings give, or with a new one that nobody has signed, whose
// fingerprint the log tells.
func Service(files func(date time.Time) ([]advisory.File, error)) unikernel.Service {
	return func(ctx context.Context, m *unikernel.Machine) error {
		s := settings{Listen: ":80", Rate: RateDefault, Burst: BurstDefault}
		if m.Target() == unikernel.TargetVM {
			s.ListenTLS = ":443"
		}
		if err := m.Config.Decode(&s); err != nil {
			return err
		}
		if err := s.check(); err != nil {
			return err
		}
		date, facts := time.Now().UTC(), Facts(m)
		all, err := files(date)
		if err != nil {
			return fmt.Errorf("site: make the website: %w", err)
		}
		h := Handler(all, Options{Modified: date, HTTPS: s.HTTPS, Rate: s.Rate, Burst: s.Burst,
			Proxies: s.Proxies, Facts: facts, Log: m.Log})
		listeners, err := s.listen(m)
		if err != nil {
			return err
		}
		for _, l := range listeners {
			m.Log.Info("serving", "addr", l.Addr().String(), "files", len(all))
		}
		m.Ready(nil)
		return serveAll(ctx, m, listeners, h)
	}
}

// listen begins to listen on all addresses, or on none.
func (s *settings) listen(m *unikernel.Machine) (list []net.Listener, err error) {
	defer func() {
		if err != nil {
			for _, l := range list {
				l.Close()
			}
		}
	}()
	if s.Listen != "" {
		l, err := m.Net.Listen("tcp", s.Listen)
		if err != nil {
			return list, err
		}
		list = append(list, netutil.LimitListener(l, connections()))
	}
	if s.ListenTLS == "" {
		return list, nil
	}
	cert, err := s.certificate(m)
	if err != nil {
		return list, err
	}
	l, err := m.Net.Listen("tcp", s.ListenTLS)
	if err != nil {
		return list, err
	}
	return append(list, &tlsconf.Listener{Listener: netutil.LimitListener(l, connections()),
		Config: tlsconf.Server(cert, m.Clones), Clones: m.Clones}), nil
}

// serveAll serves on several listeners until ctx ends or one of them fails.
func serveAll(ctx context.Context, m *unikernel.Machine, list []net.Listener,
	h http.Handler) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var all sync.WaitGroup
	failed := make([]error, len(list))
	for i, l := range list {
		all.Go(func() {
			failed[i] = serve(ctx, m.Grace(), l, h, m.Log)
			cancel()
		})
	}
	all.Wait()
	return errors.Join(failed...)
}
