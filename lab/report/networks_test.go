package report_test

import (
	"fmt"
	"strings"

	"github.com/atoll-os/atoll/lab/report"
)

// networks are shapes that a drawing must cope with.
var networks = []struct {
	name string
	run  *report.Run
}{
	{"pair", network("a-b:20ms, 1% loss")},
	{"far site", sample()},
	{"12 hosts", star(12, nil)},
	{"256 hosts", star(256, func(r *report.Run) {
		r.Nodes[5].Faults = "killed at 3s"
		r.Links[9].Faults = "20% loss from 1s to 2s"
	})},
	{"mesh", network("a-b", "a-c", "a-d", "a-e", "b-c", "b-d", "b-e:pulled", "c-d", "c-e", "d-e")},
	{"ring of routers", ring()},
	{"pairs", network("a0-b0", "a1-b1:20ms", "a2-b2", "a3-b3")},
	{"no nodes", &report.Run{}},
	{"names of all lengths", network("", "x-", "-", "a-a", "a-a", "two-two:"+long, long+"-two",
		"𝔘𝔫𝔦𝔠𝔬𝔡𝔢-名前の長いホスト名前の長いホスト名前の長いホスト:遅延")},
}

const long = "a name that is much too long for any card, so long that nobody would ever use it; " +
	"it goes on and on"

// network makes hosts and links of "a-b:label".
func network(links ...string) *report.Run {
	r := &report.Run{}
	for _, s := range links {
		ends, label, _ := strings.Cut(s, ":")
		a, b, _ := strings.Cut(ends, "-")
		l := report.Link{A: a, B: b, Label: label}
		if label == "pulled" {
			l.Label, l.Faults = "", "pulled at 2s, plugged at 4s"
		}
		r.Links = append(r.Links, l)
	}
	return r
}

func star(hosts int, change func(*report.Run)) *report.Run {
	r := &report.Run{Nodes: []report.Node{{Name: "sw", Kind: report.Switch}}}
	for i := range hosts {
		name := fmt.Sprintf("h%d", i)
		r.Nodes = append(r.Nodes, report.Node{Name: name, Note: fmt.Sprintf("iperf to h%d", i^1)})
		r.Links = append(r.Links, report.Link{A: name, B: "sw", Label: "20ms"})
	}
	if change != nil {
		change(r)
	}
	return r
}

func ring() *report.Run {
	r := &report.Run{}
	for i := range 4 {
		router, host := fmt.Sprintf("r%d", i), fmt.Sprintf("h%d", i)
		r.Nodes = append(r.Nodes, report.Node{Name: router, Kind: report.Router})
		r.Links = append(r.Links, report.Link{A: router, B: host},
			report.Link{A: router, B: fmt.Sprintf("r%d", (i+1)%4), Label: "10ms"})
	}
	return r
}
