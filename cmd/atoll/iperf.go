package main

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/atoll-os/atoll/internal/units"
	"github.com/atoll-os/atoll/iperf"
	"github.com/atoll-os/atoll/lab/topology"
	"github.com/atoll-os/atoll/tcpip"
	"github.com/atoll-os/atoll/vnet"
	"github.com/atoll-os/atoll/vnet/fault"
)

// hostsMax bounds the hosts of one lab that atoll iperf makes.
const hostsMax = 4096

// iperfFlags are those of atoll iperf; the last group is for tests on the kernel's sockets.
type iperfFlags struct {
	runFlags
	hosts    int
	rtt      time.Duration
	rate     int64
	loss     float64
	mtu      int
	cc       string
	parallel int
	reverse  bool
	bidir    bool
	udp      bool
	time     time.Duration
	bitrate  int64
	digest   bool

	serve   bool
	connect string
	port    int
	oneOff  bool
}

func newIperf() *cobra.Command {
	o := &iperfFlags{time: 10 * time.Second}
	c := &cobra.Command{
		Use:   "iperf",
		Short: "Measure TCP or UDP, on a virtual network or over the kernel's sockets",
		Long: `Measure TCP or UDP by the iperf3 protocol.

Without -s and -c it makes a lab: hosts in pairs on one switch, the first of each pair sending to
the second. A round trip takes --rtt, each direction has the --rate and the --loss; a queue holds
one bandwidth-delay product. Time is virtual, so that a minute takes a moment and a seed repeats.

With -s or -c it is an iperf3 server or client on the kernel's sockets.`,
		Example: `  atoll iperf --rtt 20ms --loss 1% --time 60s    # TCP on a lossy link, in virtual time
  atoll iperf --hosts 8 --rate 100Mbit --json    # four pairs, as JSON
  atoll iperf --hosts 8 --rtt 20ms --loss 1% --time 5s --seed 7 --digest --json
  atoll iperf -s                                 # an iperf3 server
  atoll iperf -c 127.0.0.1 --time 3s             # and a client for it`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if o.serve || o.connect != "" {
				return o.kernel(c)
			}
			return o.lab(c)
		},
	}
	f := c.Flags()
	f.SortFlags = false
	f.IntVar(&o.hosts, "hosts", 2, "hosts on the switch, an even number")
	durationVar(f, &o.rtt, "rtt", "", "round-trip time of the empty network")
	rateVar(f, &o.rate, "rate", "", "of each host's link; unlimited if left out")
	probabilityVar(f, &o.loss, "loss", "of the frames in each direction, independently")
	f.IntVar(&o.mtu, "mtu", 1500, "largest IP packet in bytes")
	f.StringVar(&o.cc, "cc", "cubic", "congestion control: cubic or reno")
	f.IntVarP(&o.parallel, "parallel", "P", 1, "streams of each pair")
	f.BoolVarP(&o.reverse, "reverse", "R", false, "the second of each pair sends")
	f.BoolVar(&o.bidir, "bidir", false, "both send")
	f.BoolVarP(&o.udp, "udp", "u", false, "UDP; --bitrate says how much")
	rateVar(f, &o.bitrate, "bitrate", "b",
		"of each stream; no limit for TCP, 1.048576Mbit for UDP if left out")
	durationVar(f, &o.time, "time", "t", "how long data flows")
	f.BoolVar(&o.real, "real", false, "real time instead of virtual")
	f.BoolVar(&o.digest, "digest", false,
		"print the SHA-256 of all frames with their instants and ports")
	o.add(f)
	f.BoolVarP(&o.serve, "server", "s", false, "be a server on the kernel's sockets")
	f.StringVarP(&o.connect, "client", "c", "", "be a client of this host, on the kernel's sockets")
	f.IntVarP(&o.port, "port", "p", 5201, "with -s or -c: the server's port")
	f.BoolVarP(&o.oneOff, "one-off", "1", false, "with -s: end after one test")
	return c
}

// check refuses what makes no sense.
func (o *iperfFlags) check() error {
	switch {
	case o.hosts < 2 || o.hosts%2 != 0 || o.hosts > hostsMax:
		return usagef(fmt.Sprintf("--hosts takes an even number from 2 to %d", hostsMax),
			"%d hosts do not make pairs", o.hosts)
	case o.real && o.digest:
		return usagef("leave out --real: only virtual time repeats",
			"--digest needs virtual time")
	case o.time <= 0:
		return usagef("--time 10s", "--time must be above 0")
	case o.time > iperf.DurationMax:
		return usagef("--time 10s", "--time is above %s", units.Duration(iperf.DurationMax))
	case o.parallel < 1 || o.parallel > iperf.StreamsMax:
		return usagef(fmt.Sprintf("--parallel takes 1 to %d", iperf.StreamsMax),
			"%d streams of a pair", o.parallel)
	case o.mtu != vnet.MTUUnlimited && o.mtu < tcpip.MTUMin:
		return usagef(fmt.Sprintf("the least is %d", tcpip.MTUMin),
			"a host has no room for TCP in an --mtu of %d", o.mtu)
	case o.rtt > rttMax:
		return usagef("--rtt 20ms", "--rtt is above %s", units.Duration(rttMax))
	case o.cc != "cubic" && o.cc != "reno":
		return usagef("--cc cubic or --cc reno", "unknown congestion control %q", o.cc)
	case o.reverse && o.bidir:
		return usagef("--bidir sends in both directions", "--reverse and --bidir exclude each other")
	}
	var wrong *units.Error
	link := vnet.Settings{Rate: o.rate, MTU: o.mtu}
	if err := link.Validate(); errors.As(err, &wrong) {
		return usagef(wrong.Hint, "%w", err)
	}
	return nil
}

// rttMax is the longest round trip: it crosses four links.
const rttMax = 4 * vnet.DelayMax

// lab measures in a lab.
func (o *iperfFlags) lab(c *cobra.Command) error {
	if err := o.check(); err != nil {
		return err
	}
	file := o.topology()
	run := &labRun{
		runFlags: o.runFlags,
		file:     file,
		options: topology.RunOptions{Digest: o.digest,
			Replay: replayLine(c, "iperf")},
		stdout: c.OutOrStdout(),
		stderr: c.ErrOrStderr(),
		show:   showIperf,
		asJSON: func(r *topology.Result, wall time.Duration) any { return iperfJSONOf(r, wall) },
	}
	return run.do()
}

// replayLine is the command line again.
func replayLine(c *cobra.Command, verb string) string {
	words := []string{"atoll", verb}
	words = append(words, replayArgs(c)...)
	return strings.Join(words, " ")
}

// queueBytesMin is the least queue of a link with a rate.
const queueBytesMin = 64 << 10

// topology returns the lab: pairs on one switch. Each direction of a round trip crosses two links,
// and loses frames on the first of them.
func (o *iperfFlags) topology() *topology.File {
	delay := max(o.rtt/4, time.Microsecond)
	values := []fault.Value{fault.Delay(delay), fault.MTU(o.mtu)}
	if o.rate > 0 {
		product := int(float64(o.rate) / 8 * o.rtt.Seconds())
		values = append(values, fault.Rate(o.rate), fault.Queue(max(product, queueBytesMin)))
	}
	var up []fault.Value
	if o.loss > 0 {
		up = []fault.Value{fault.Loss(o.loss)}
	}
	file := &topology.File{
		Name:     "iperf",
		Duration: o.time + time.Minute,
		Switches: []string{"sw"},
		Expect:   []topology.Expectation{{What: "done"}},
	}
	for i := range o.hosts {
		h := topology.Host{Name: "h" + strconv.Itoa(i)}
		if i%2 == 0 {
			h.Run = &topology.Iperf{
				To: "h" + strconv.Itoa(i+1), Time: o.time, Parallel: o.parallel, Reverse: o.reverse,
				Bidirectional: o.bidir, UDP: o.udp, Rate: o.bitrate, Congestion: o.cc,
			}
		} else {
			h.Run = &topology.IperfServer{}
		}
		file.Hosts = append(file.Hosts, h)
		file.Links = append(file.Links,
			topology.Link{Ends: [2]string{h.Name, "sw"}, Values: values, Forward: up})
	}
	return file
}

// iperfJSON is what --json prints.
type iperfJSON struct {
	BitsPerSecond  float64         `json:"bits_per_second"` // goodput of all flows together
	Flows          []topology.Flow `json:"flows"`
	Frames         uint64          `json:"frames"`
	VirtualSeconds topology.Time   `json:"virtual_seconds"`
	WallSeconds    float64         `json:"wall_seconds"`
	Seed           uint64          `json:"seed"`
	Digest         string          `json:"digest,omitempty"`
}

func iperfJSONOf(r *topology.Result, wall time.Duration) iperfJSON {
	return iperfJSON{totalRate(r), r.Flows, r.Frames, r.Virtual, wall.Seconds(), r.Seed, r.Digest}
}

// showIperf prints a line for each flow and the sum.
func showIperf(w io.Writer, r *topology.Result, wall time.Duration) {
	for _, f := range r.Flows {
		fmt.Fprintf(w, "%-12s %9s in %s  %12s", f.From+" > "+f.To, byteCount(f.Bytes),
			seconds(f.Seconds), bitRate(f.BitsPerSecond))
		if f.Protocol == "udp" {
			fmt.Fprintf(w, "  %d of %d datagrams lost (%.2g%%), jitter %s", f.Lost, f.Datagrams,
				f.LostPercent, milliseconds(f.Jitter))
		} else {
			fmt.Fprintf(w, "  %d retransmits, RTT %s", f.Retransmits, milliseconds(f.RTT))
		}
		if f.Error != "" {
			fmt.Fprintf(w, "  %s", f.Error)
		}
		fmt.Fprintln(w)
	}
	fmt.Fprintf(w, "%-12s %s\n", "goodput", bitRate(totalRate(r)))
	fmt.Fprintf(w, "%-12s %d frames, %s of the lab's time in %s, seed %d\n", "run", r.Frames,
		units.Duration(r.Virtual.Duration().Round(time.Millisecond)),
		wall.Round(time.Millisecond), r.Seed)
	if r.Digest != "" {
		fmt.Fprintf(w, "%-12s %s\n", "digest", r.Digest)
	}
}

func seconds(s float64) string { return strconv.FormatFloat(s, 'f', 2, 64) + " s" }
