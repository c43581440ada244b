package topology

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/atoll-os/atoll/iperf"
	"github.com/atoll-os/atoll/lab"
	"github.com/atoll-os/atoll/vnet"
)

// finish ends the run and says what became of it.
func (r *runner) finish() *Result {
	end := r.now()
	stopped := errors.Is(context.Cause(r.lab.Context()), lab.ErrInterrupted)
	if r.sampler != nil {
		r.sampler.end(end)
	}
	r.farewell()
	r.mu.Lock()
	r.isOver = true
	r.mu.Unlock()
	result := &Result{
		Name: r.plan.file.Name, Seed: r.options.Seed, Virtual: Time(end),
		Nodes: r.reportNodes(), Flows: r.reportFlows(), Transfers: r.reportTransfers(end),
		Links: r.reportLinks(), Conns: r.reportConns(end),
	}
	result.Interrupted = stopped
	result.Expectations = r.judge(result)
	r.lab.Close()
	result.Frames = r.frames()
	if r.digest != nil {
		result.Digest = r.digest.Sum()
	}
	if r.sampler != nil {
		result.Series = r.sampler.report()
	}
	result.Notes = append([]Note{}, r.notes...)
	result.Marks = r.reportMarks(end)
	result.Log = r.log.report()
	r.failure.mu.Lock()
	result.Failures = append([]string{}, r.failure.list...)
	r.failure.mu.Unlock()
	result.OK = !result.Interrupted && len(result.Failures) == 0
	for _, e := range result.Expectations {
		result.OK = result.OK && e.OK
	}
	return result
}

func (r *runner) reportNodes() []Node {
	list := []Node{}
	for i := range r.plan.machines {
		m := &r.plan.machines[i]
		n := Node{Name: m.name, Kind: "host"}
		if m.router {
			n.Kind = "router"
		}
		if r.isMachine(m.name) {
			n.Runs = "a virtual machine"
		} else if run := m.run(); run != nil {
			n.Runs = describe(run)
		}
		n.Addrs = r.addrs[i]
		list = append(list, n)
	}
	for _, name := range r.plan.switches {
		list = append(list, Node{Name: name, Kind: "switch"})
	}
	return list
}

func (r *runner) reportTransfers(end time.Duration) []Transfer {
	list := []Transfer{}
	for _, t := range r.transfers {
		if t == nil {
			continue
		}
		got := *t
		if !got.Done && got.Error == "" {
			got.Seconds = max(0, end-got.Start.Duration()).Seconds()
		}
		list = append(list, got)
	}
	return list
}

// reportFlows returns one flow for each direction of each test.
func (r *runner) reportFlows() []Flow {
	r.mu.Lock()
	defer r.mu.Unlock()
	list := []Flow{}
	for _, f := range r.plan.flows {
		t := r.tests[f.client]
		spec := r.plan.machines[r.plan.clients[f.client].machine].run().(*Iperf)
		flow := Flow{From: r.plan.machines[f.from].name, To: r.plan.machines[f.to].name,
			Protocol: "tcp", Streams: max(spec.Parallel, 1), Start: Time(t.start), Ended: Time(t.ended)}
		if f.udp {
			flow.Protocol = "udp"
		}
		if t.result != nil {
			second := spec.Bidirectional && f.reverse
			flow.take(t.result, second)
			sender := t.result
			if f.reverse {
				sender = r.servers[t.result.Start.Cookie]
			}
			flow.takeRTT(sender)
		}
		if t.err != nil {
			flow.Error = t.err.Error()
		}
		flow.Done = t.result != nil && t.err == nil
		list = append(list, flow)
	}
	return list
}

// take fills in what the client knows; second is the direction from the server in a test of both.
func (f *Flow) take(t *iperf.Result, second bool) {
	f.Report = t
	sum, sent, received := t.End.Sum, t.End.SumSent, t.End.SumReceived
	if second {
		sum, sent, received = t.End.SumBidirReverse, t.End.SumSentBidirReverse,
			t.End.SumReceivedBidirReverse
	}
	if received != nil {
		f.Bytes, f.Seconds = received.Bytes, received.Seconds
		f.BitsPerSecond = received.BitsPerSecond
	}
	if sent != nil && sent.Retransmits != nil {
		f.Retransmits = *sent.Retransmits
	}
	if sum != nil && sum.UDPTotals != nil {
		f.Datagrams, f.Lost, f.LostPercent = sum.Packets, sum.LostPackets, sum.LostPercent
		f.Jitter = Time(time.Duration(sum.JitterMS * float64(time.Millisecond)))
	}
}

// takeRTT fills in round-trip times, which only the sender has measured.
func (f *Flow) takeRTT(sender *iperf.Result) {
	if sender == nil {
		return
	}
	n, sum := 0, time.Duration(0)
	for _, s := range sender.End.Streams {
		if s.Sender == nil || !s.Sender.Sender || s.Sender.TCPTotals == nil ||
			s.Sender.MeanRTT == 0 {
			continue
		}
		n++
		sum += micros(s.Sender.MeanRTT)
		f.RTTMax = max(f.RTTMax, Time(micros(s.Sender.MaxRTT)))
		if least := Time(micros(s.Sender.MinRTT)); f.RTTMin == 0 || least < f.RTTMin {
			f.RTTMin = least
		}
	}
	if n > 0 {
		f.RTT = Time(sum / time.Duration(n))
	}
}

func micros(n int64) time.Duration { return time.Duration(n) * time.Microsecond }

func (r *runner) reportLinks() []LinkReport {
	list := []LinkReport{}
	for i, k := range r.links {
		p := &r.plan.links[i]
		there, back := k.AtoB().Counters(), k.BtoA().Counters()
		list = append(list, LinkReport{Name: k.Name(), A: p.ends[0], B: p.ends[1],
			AtoB: reportWay(&there, &back, p.text(0)), BtoA: reportWay(&back, &there, p.text(1))})
	}
	return list
}

// reportWay returns one direction: near are the counters of the port that sends into it, far those
// of the port that it leads to, where frames are dropped that nobody takes.
func reportWay(near, far *vnet.Counters, values string) Way {
	w := Way{Values: values, Frames: near.Sent, Bytes: near.SentBytes,
		Delivered: far.Delivered, DeliveredBytes: far.DeliveredBytes, Duplicated: near.Duplicated,
		Corrupted: near.Corrupted, Held: near.Held, QueueBytesMax: near.QueueBytesMax}
	for reason := vnet.NoReason + 1; reason < vnet.ReasonCount; reason++ {
		from := near
		if reason == vnet.NodeDown || reason == vnet.Unforwarded {
			from = far
		}
		if n := from.Dropped[reason]; n > 0 {
			w.Drops = append(w.Drops, Drop{reason.String(), n})
		}
	}
	return w
}

// dropped returns the frames that were lost.
func (w *Way) dropped() (n uint64) {
	for _, d := range w.Drops {
		n += d.Frames
	}
	return n
}

// endings say which verb ends what another one began.
var endings = map[verb]verb{plug: pull, restart: crash, resume: freeze, heal: partition,
	restore: change}

// ends reports whether a ends what b began: it is about all that b is about.
func (a *action) ends(b *action) bool {
	if endings[a.verb] != b.verb {
		return false
	}
	if a.verb == heal {
		return true
	}
	for _, w := range b.ways {
		both := slices.Contains(a.ways, way{w.link, -1})
		if !both && !slices.Contains(a.ways, w) {
			return false
		}
	}
	for _, m := range b.machines {
		if !slices.Contains(a.machines, m) {
			return false
		}
	}
	return true
}

// reportMarks returns what stood from when to when.
func (r *runner) reportMarks(end time.Duration) []Mark {
	list := []Mark{}
	var begun []*action // of each mark in the list, nil once it has ended
	for i := range r.plan.actions {
		a := &r.plan.actions[i]
		if i == len(r.notes) {
			break // it has not happened
		}
		at := r.notes[i].At
		if endings[a.verb] == "" {
			list = append(list, Mark{at, Time(end), a.text})
			begun = append(begun, a)
			continue
		}
		ended := false
		for m, b := range begun {
			if b != nil && a.ends(b) {
				list[m].Until, begun[m], ended = at, nil, true
			}
		}
		if !ended {
			list = append(list, Mark{at, at, a.text})
			begun = append(begun, nil)
		}
	}
	return list
}
