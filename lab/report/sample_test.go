package report_test

import (
	"fmt"
	"math"
	"time"

	"github.com/atoll-os/atoll/lab/report"
)

// noise is a small generator of numbers from 0 to 1, the same on every machine.
type noise uint64

func (n *noise) next() float64 {
	*n = *n*6364136223846793005 + 1442695040888963407
	return float64(*n>>40) / (1 << 24)
}

func at(seconds float64) time.Duration { return time.Duration(seconds * 1e9) }

// sample is a run such as the demo makes: a LAN, a far site behind a router, faults, three flows.
func sample() *report.Run {
	return &report.Run{
		Title: "Demo: a LAN and a far site", OK: true, Verdict: "passed", Seed: "7",
		Replay:  "go run ./cmd/atoll demo --seed 7",
		Virtual: 10 * time.Second,
		Facts: []report.Fact{
			{"machines", "6"}, {"frames", "148,211"},
			{"bytes fetched", "31.4 MiB"}, {"connections", "57"}, {"retransmissions", "412"},
		},
		Nodes: sampleNodes(), Links: sampleLinks(), Marks: sampleMarks(), Plots: samplePlots(),
		Checks: []report.Check{
			{true, "every file has the same SHA-256 on both sides", "214 files"},
			{true, "goodput of me > far within 5 to 9 Mbit/s", "7.2 Mbit/s"},
			{true, "no goroutine left", ""},
		},
		Tables: []report.Table{{
			Title: "Connections",
			Columns: []report.Column{{"from", false}, {"to", false}, {"sent", true},
				{"retransmitted", true}, {"RTT least", true}, {"RTT mean", true}},
			Rows: [][]string{
				{"me:40112", "web:443", "12.1 MiB", "0", "31 µs", "44 µs"},
				{"me:40977", "far:5201", "8.6 MiB", "301", "40 ms", "47.9 ms"},
				{"db:41200", "far:5201", "5.2 MiB", "111", "40 ms", "52.2 ms"},
			},
		}},
		Log: sampleLog(),
	}
}

func sampleNodes() []report.Node {
	return []report.Node{
		{Name: "lan", Kind: report.Switch},
		{Name: "me", Note: "fetches the documents, measures"},
		{Name: "web", Note: "HTTP over TLS", Faults: "killed at 6s, back at 7s"},
		{Name: "db", Note: "heartbeats every 40ms"},
		{Name: "router", Kind: report.Router},
		{Name: "far", Note: "iperf server"},
		{Name: "mirror", Note: "HTTP over TLS"},
		{Name: "site", Kind: report.Switch},
	}
}

func sampleLinks() []report.Link {
	return []report.Link{
		{A: "me", B: "lan", Label: "100Mbit", AtoB: report.Way{Frames: 9012, Bytes: 812_233,
			QueueMax: 3028}, BtoA: report.Way{Frames: 22_100, Bytes: 31_977_211, QueueMax: 65_102}},
		{A: "web", B: "lan", Label: "100Mbit", Faults: "cable pulled 2s to 4s",
			AtoB: report.Way{Frames: 20_050, Bytes: 29_733_100, QueueMax: 65_102,
				Lost: []report.Loss{{"link down", 48}, {"queue full", 12}}}},
		{A: "db", B: "lan", Label: "100Mbit"},
		{A: "lan", B: "router", Label: "1Gbit"},
		{A: "router", B: "site", Label: "10ms each way, 1% loss, 50Mbit",
			AtoB: report.Way{Frames: 12_933, Bytes: 14_100_200, QueueMax: 131_072,
				Lost: []report.Loss{{"random loss", 131}, {"queue full", 44}}}},
		{A: "site", B: "far"}, {A: "site", B: "mirror"},
	}
}

func sampleMarks() []report.Mark {
	return []report.Mark{
		{At: at(1), Text: "iperf begins"},
		{At: at(2), Until: at(4), Text: "cable of web pulled"},
		{At: at(6), Until: at(7), Text: "web killed"},
		{At: at(6.2), Text: "clients see silence"},
		{At: at(9.8), Text: "iperf ends"},
	}
}

func samplePlots() []report.Plot {
	n := noise(1)
	sum := report.Series{Name: "all flows"}
	flows := make([]report.Series, 3)
	for f := range flows {
		flows[f].Name = fmt.Sprintf("%s > far", [...]string{"me", "web", "db"}[f])
	}
	for t := 0.0; t < 10; t += 0.1 {
		var total float64
		for f := range flows {
			v := (3 + float64(f)) * 1e6 * (0.7 + 0.5*n.next())
			if f == 1 && (t > 2 && t < 4.1 || t > 6 && t < 7.1) {
				v = 0
			}
			total += v
			flows[f].Points = append(flows[f].Points, report.Point{At: at(t), Value: v})
		}
		sum.Points = append(sum.Points, report.Point{At: at(t), Value: total})
	}
	window, threshold := report.Series{Name: "me > far: window", Step: true},
		report.Series{Name: "me > far: slow-start threshold", Step: true}
	rtt := report.Series{Name: "me > far: smoothed"}
	queue := report.Series{Name: "router > site", Step: true}
	w, limit := 14_480.0, math.Inf(1)
	for t := 0.0; t < 10; t += 0.02 {
		w += 1448 * (0.2 + n.next())
		if n.next() < 0.02 {
			w *= 0.7
			limit = w
		}
		window.Points = append(window.Points, report.Point{At: at(t), Value: w})
		threshold.Points = append(threshold.Points, report.Point{At: at(t), Value: limit})
		rtt.Points = append(rtt.Points, report.Point{At: at(t),
			Value: 0.02 + w/5e6 + 0.002*n.next()})
		queue.Points = append(queue.Points,
			report.Point{At: at(t), Value: math.Max(0, w-60_000) * n.next()})
	}
	return []report.Plot{
		{Title: "Goodput", Unit: report.BitsPerSecond,
			Series: append([]report.Series{sum}, flows...)},
		{Title: "Congestion window", Unit: report.Bytes,
			Series: []report.Series{window, threshold}},
		{Title: "Round-trip time", Unit: report.Seconds, Series: []report.Series{rtt}},
		{Title: "Queue", Unit: report.Bytes, Series: []report.Series{queue}},
	}
}

func sampleLog() []report.Line {
	return []report.Line{
		{0, "me", "up, 10.1.0.1"}, {at(0.00002), "web", "serving https://web/"},
		{at(1), "me", "iperf to far: connected"}, {at(2), "", "cable of web pulled"},
		{at(4.21), "me", "GET /design.md: 200, 18.2 KiB, after 3 retransmissions"},
		{at(6), "", "web killed"}, {at(7), "web", "serving https://web/, second life"},
		{at(9.8), "far", "iperf: 8.6 MiB received, 7.2 Mbit/s"},
	}
}
