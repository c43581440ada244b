package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net"
	"net/http"
	"net/netip"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/atoll-os/atoll/site"
)

// serveGrace is how long requests under way have to end after the server was told to stop.
const serveGrace = 10 * time.Second

// serveFlags say what is served, and how.
type serveFlags struct {
	treeFlags
	tree    string
	listen  string
	https   bool
	rate    float64
	burst   int
	proxies []string
}

func newSiteServe() *cobra.Command {
	var o serveFlags
	c := &cobra.Command{
		Use:   "serve",
		Short: "Serve the website: made now, or as it was published",
		Long: `Serve the website over HTTP until it is interrupted. Without --tree it is made now, of
records and documents, and kept in memory. With --tree a published tree is served; when "atoll
advisory publish" puts a new one in its place, that is served within seconds.

The search of the advisories needs no script here. /healthz and /metrics are for who runs it.`,
		Example: `  atoll site serve --listen 127.0.0.1:8080
  atoll site serve --tree public --listen 127.0.0.1:8080 --https --proxies 127.0.0.1/32`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			for _, made := range []string{"from", "docs", "source", "date", "key"} {
				if o.tree != "" && c.Flags().Changed(made) {
					return usagef("leave out --tree or --"+made,
						"--tree is a website that was made: --%s has no place in it", made)
				}
			}
			o.defaultDocs(c)
			ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
			defer stop()
			return o.serve(ctx, c.ErrOrStderr())
		},
	}
	f := c.Flags()
	f.SortFlags = false
	f.StringVar(&o.listen, "listen", "127.0.0.1:8080", "address to serve on")
	f.StringVar(&o.tree, "tree", "", "published tree to serve, instead of making one")
	o.add(f)
	f.Lookup("docs").DefValue = docsDir + ", if there is one"
	f.BoolVar(&o.https, "https", false,
		"clients come by https, which a proxy speaks: tell them to stay with it")
	f.Float64Var(&o.rate, "rate", site.RateDefault,
		"requests a second of one client, in the long run; -1: no limit")
	f.IntVar(&o.burst, "burst", site.BurstDefault, "requests of one client at once")
	f.StringSliceVar(&o.proxies, "proxies", nil,
		"networks of proxies, whose X-Forwarded-For is believed")
	return c
}

// options returns how the website is served.
func (o *serveFlags) options(stderr io.Writer) (site.Options, error) {
	options := site.Options{HTTPS: o.https, Rate: o.rate, Burst: o.burst,
		Log: slog.New(slog.NewTextHandler(stderr, nil))}
	if o.rate == 0 || math.IsNaN(o.rate) || o.burst < 1 {
		return options, usagef("--rate -1 is no limit", "rate %v and burst %d answer nobody", o.rate,
			o.burst)
	}
	for _, text := range o.proxies {
		p, err := netip.ParsePrefix(text)
		if err != nil {
			return options, usagef("write a network such as 10.0.0.0/8", "--proxies: %v", err)
		}
		options.Proxies = append(options.Proxies, p)
	}
	return options, nil
}

// serve serves until ctx ends.
func (o *serveFlags) serve(ctx context.Context, stderr io.Writer) error {
	options, err := o.options(stderr)
	if err != nil {
		return err
	}
	h, err := o.handler(ctx, options, stderr)
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", o.listen)
	if err != nil {
		return &hinted{err, "--listen names a free address, such as 127.0.0.1:8080", exitFailed}
	}
	fmt.Fprintf(stderr, "serving http://%s/ until interrupted\n", l.Addr())
	grace, cancel := context.WithCancel(context.Background())
	defer cancel()
	context.AfterFunc(ctx, func() { time.AfterFunc(serveGrace, cancel) })
	err = site.Serve(ctx, grace, l, h, options.Log)
	if errors.Is(err, context.Canceled) {
		return fmt.Errorf("requests were still under way %s after the stop", serveGrace)
	}
	return err
}

// handler makes the website, or reads it and follows its editions.
func (o *serveFlags) handler(ctx context.Context, options site.Options, stderr io.Writer) (
	http.Handler, error) {
	if o.tree != "" {
		e, err := openEditions(o.tree, options)
		if err != nil {
			return nil, &hinted{err, "--tree names what publish, export or site build has made",
				exitFailed}
		}
		go e.follow(ctx)
		return e, nil
	}
	now := time.Now()
	tree, err := o.build(nil, now, stderr)
	if err != nil {
		return nil, err
	}
	options.Modified = o.date.or(now)
	return site.Handler(tree.Files, options), nil
}
