package site

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"github.com/atoll-os/atoll/advisory"
	"github.com/atoll-os/atoll/unikernel"
)

// settings are those of a website's program.
type settings struct {
	_       struct{}       `doc:"A project's website: its documents and its security advisories."`
	Listen  string         `doc:"address to serve on" required:"true"`
	HTTPS   bool           `doc:"clients come by https, which a proxy speaks: tell them to stay"`
	Rate    float64        `doc:"requests a second of one client, in the long run; -1: no limit"`
	Burst   int            `doc:"requests of one client at once" min:"1"`
	Proxies []netip.Prefix `doc:"networks of proxies, whose X-Forwarded-For is believed"`
}

// Service is a website as a program: files makes it, when the program starts, of what is public
// on the date that it is given, and says when it was made.
func Service(files func(date time.Time) ([]advisory.File, error)) unikernel.Service {
	return func(ctx context.Context, m *unikernel.Machine) error {
		s := settings{Listen: ":80", Rate: RateDefault, Burst: BurstDefault}
		if err := m.Config.Decode(&s); err != nil {
			return err
		}
		if s.Rate == 0 {
			return errors.New("rate 0 answers nobody: leave it out, or write -1 for no limit")
		}
		date := time.Now().UTC()
		all, err := files(date)
		if err != nil {
			return fmt.Errorf("site: make the website: %w", err)
		}
		h := Handler(all, Options{Modified: date, HTTPS: s.HTTPS, Rate: s.Rate, Burst: s.Burst,
			Proxies: s.Proxies, Log: m.Log})
		l, err := m.Net.Listen("tcp", s.Listen)
		if err != nil {
			return err
		}
		m.Log.Info("serving", "addr", l.Addr().String(), "files", len(all))
		m.Ready(nil)
		return Serve(ctx, m.Grace(), l, h, m.Log)
	}
}
