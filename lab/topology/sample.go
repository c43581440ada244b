package topology

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"github.com/atoll-os/atoll/clock"
	"github.com/atoll-os/atoll/tcpip/tcp"
)

// Limits of series.
const (
	SamplesMax        = 2_000     // points of a series; the run is sampled less often for that
	SampledConnsMax   = 256       // connections, each end counted, in the order of a result's
	SampledQueuesMax  = 256       // directions of links
	SampledFlowsMax   = 1_000     // pairs of hosts
	SeriesBytesMin    = 100 << 10 // sent on a connection, or its series are left out as dull
	sampleEveryMin    = time.Millisecond
	sampleEveryInReal = 5 * time.Millisecond
)

// sampler reads sockets and queues while nothing moves: in virtual time before the events of the
// instant at which it is called, so that what it sees is how things stood at the last round time
// before. It changes nothing and draws on no randomness.
type sampler struct {
	run    *runner
	every  time.Duration
	next   time.Duration
	before time.Duration // of the last sample
	over   bool
	live   []*conn // watched and not read for the last time
	conns  []*connSeries
	queues []queueSeries
	flows  map[string]*goodput
}

// connSeries are the curves of one end of a connection.
type connSeries struct {
	name                string
	sent                uint64
	cwnd, ssthresh, rtt []Point
}

type queueSeries struct {
	name   string
	read   func() (frames, bytes int)
	most   int
	points []Point
}

// goodput is what the programs of one host have received from another.
type goodput struct {
	name   string
	delta  uint64 // bytes, since the last sample
	points []Point
}

// sample begins to read series.
func (r *runner) sample() {
	s := &sampler{run: r, flows: map[string]*goodput{}}
	s.every = max(r.options.Sample, sampleEveryMin, 1+r.plan.duration/(SamplesMax-4))
	s.next = s.every
	r.sampler = s
	for _, k := range r.links {
		for _, w := range [2]interface {
			Name() string
			Queued() (frames, bytes int)
		}{k.AtoB(), k.BtoA()} {
			if len(s.queues) < SampledQueuesMax {
				s.queues = append(s.queues, queueSeries{name: w.Name(), read: w.Queued})
			}
		}
	}
	if !r.options.Real {
		r.lab.Network().OnQuiet(func(now clock.Instant) bool { s.at(time.Duration(now)); return false })
		return
	}
	go func() {
		tick := time.NewTicker(min(s.every, sampleEveryInReal))
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				s.at(r.now())
			case <-r.lab.Context().Done():
				return
			}
		}
	}()
}

// at reads everything if it is time.
func (s *sampler) at(now time.Duration) {
	if now < s.next {
		return
	}
	s.run.mu.Lock()
	defer s.run.mu.Unlock()
	if s.over {
		return
	}
	at, last := s.next, now-now%s.every
	s.next = last + s.every
	s.read(at)
	// Where nothing happened for a while the rate was 0 from the next round time on.
	for _, f := range s.flows { //tidy:map each by itself
		if last > at {
			f.points = addPoint(f.points, at+s.every, 0)
		}
		if last > at+s.every {
			f.points = addPoint(f.points, last, 0)
		}
	}
	s.before = last
}

// end reads everything for the last time.
func (s *sampler) end(now time.Duration) {
	s.run.mu.Lock()
	defer s.run.mu.Unlock()
	if s.over = true; now > s.before {
		s.read(now)
	}
}

// read reads everything; at is when it stood so.
func (s *sampler) read(at time.Duration) {
	s.readConns(at)
	for _, d := range s.run.sockets {
		got := d.received.Load()
		s.flow(d.peer, d.host, got-d.sampled)
		d.sampled = got
	}
	for i := range s.queues {
		q := &s.queues[i]
		_, bytes := q.read()
		q.most = max(q.most, bytes)
		q.points = addPoint(q.points, at, float64(bytes))
	}
	for _, f := range s.flows { //tidy:map each by itself
		f.points = addPoint(f.points, at, float64(f.delta)*8/(at-s.before).Seconds())
		f.delta = 0
	}
}

// readConns reads all connections, those that were closed for the last time.
func (s *sampler) readConns(at time.Duration) {
	r := s.run
	slices.SortFunc(r.fresh, (*conn).order)
	for _, c := range r.fresh {
		if len(s.conns) < SampledConnsMax {
			c.sampled = &connSeries{name: c.host + ":" + port(c.local.Port()) + " > " + c.peer + ":" +
				port(c.remote.Port())}
			s.conns = append(s.conns, c.sampled)
		}
	}
	s.live = append(s.live, r.fresh...)
	r.fresh = r.fresh[:0]
	kept := s.live[:0]
	for _, c := range s.live {
		i := c.Info()
		s.flow(c.peer, c.host, i.BytesReceived-c.received)
		c.received = i.BytesReceived
		if c.sampled != nil && !c.closed {
			c.sampled.read(at, &i)
		}
		if !c.closed {
			kept = append(kept, c)
		}
	}
	clear(s.live[len(kept):])
	s.live = kept
}

func (c *connSeries) read(at time.Duration, i *tcp.Info) {
	c.sent = i.BytesSent
	c.cwnd = addPoint(c.cwnd, at, float64(i.CongestionWindow))
	c.ssthresh = addPoint(c.ssthresh, at, float64(i.SlowStartThreshold))
	if i.RTT > 0 {
		c.rtt = addPoint(c.rtt, at, i.RTT.Seconds())
	}
}

// flow counts bytes that went from one host to another.
func (s *sampler) flow(from, to string, bytes uint64) {
	name := from + " > " + to
	f := s.flows[name]
	if f == nil {
		if bytes == 0 || len(s.flows) == SampledFlowsMax {
			return
		}
		f = &goodput{name: name}
		s.flows[name] = f
	}
	f.delta += bytes
}

// addPoint adds a point as long as there is room.
func addPoint(points []Point, at time.Duration, v float64) []Point {
	if len(points) == SamplesMax {
		return points
	}
	return append(points, Point{Time(at), v})
}

func port(n uint16) string { return strconv.Itoa(int(n)) }

// report returns the series that have something to show.
func (s *sampler) report() (list []Series) {
	for _, f := range s.flows { //tidy:map sorted below
		list = append(list, Series{Goodput, f.name, f.points})
	}
	for _, c := range s.conns {
		if c.sent >= SeriesBytesMin {
			list = append(list, Series{Cwnd, c.name, c.cwnd}, Series{Ssthresh, c.name, c.ssthresh},
				Series{RTT, c.name, c.rtt})
		}
	}
	for _, q := range s.queues {
		if q.most > 0 {
			list = append(list, Series{Queue, q.name, q.points})
		}
	}
	slices.SortStableFunc(list, func(a, b Series) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Name, b.Name))
	})
	return list
}
