package topology

import (
	"path/filepath"
	"slices"

	"go.yaml.in/yaml/v4"

	"github.com/atoll-os/atoll/internal/units"
	"github.com/atoll-os/atoll/internal/yamltext"
	"github.com/atoll-os/atoll/iperf"
)

// hosts reads the machines.
func (p *parser) hosts(n *yaml.Node) {
	p.each(n, "hosts", func(key, value *yaml.Node) {
		h := Host{Name: key.Value, Position: p.at(key), places: map[string]Position{}}
		before := len(p.problems)
		if !yamltext.Null(value) {
			p.host(&h, value)
		}
		h.broken = len(p.problems) > before
		p.file.Hosts = append(p.file.Hosts, h)
	})
}

// host reads one machine: what it runs says which keys it has besides.
func (p *parser) host(h *Host, n *yaml.Node) {
	what := "host " + h.Name
	run := &yaml.Node{}
	if n.Kind == yaml.MappingNode {
		for i := 0; i+1 < len(n.Content); i += 2 {
			h.places[n.Content[i].Value] = p.at(n.Content[i+1])
			if n.Content[i].Value == "run" {
				run = target(n.Content[i+1])
			}
		}
	}
	fields := []field{
		{"count", p.count(&h.Count, "count", MachinesMax)},
		{"run", func(n *yaml.Node) { p.text(n, "run") }},
	}
	if run.Kind == yaml.ScalarNode && run.Value != "" {
		what += ", which runs " + run.Value + ","
		fields = append(fields, p.running(h, run.Value)...)
	} else {
		what += ", which runs nothing,"
	}
	p.fields(n, what, fields...)
}

// running sets what a host runs and returns the keys that belong to it.
func (p *parser) running(h *Host, kind string) []field {
	switch kind {
	case "web":
		w := &Web{}
		h.Run = w
		return []field{{"root", p.directory(&w.Root)}, {"sample", p.size(&w.Sample, "sample")},
			{"tls", p.boolean(&w.TLS, "tls")}}
	case "fetch":
		f := &Fetch{}
		h.Run = f
		return []field{{"from", p.word(&f.From, "from")}, {"files", p.patterns(&f.Files)},
			{"connections", p.count(&f.Connections, "connections", ConnectionsMax)},
			{"repeat", p.count(&f.Repeat, "repeat", RepeatMax)},
			{"retry", func(n *yaml.Node) {
				retry := true
				p.boolean(&retry, "retry")(n)
				f.NoRetry = !retry
			}},
			{"start", p.duration(&f.Start, "start")}}
	case "iperf-server":
		h.Run = &IperfServer{}
		return nil
	case "iperf":
		i := &Iperf{}
		h.Run = i
		return []field{{"to", p.word(&i.To, "to")}, {"time", p.duration(&i.Time, "time")},
			{"start", p.duration(&i.Start, "start")}, {"omit", p.duration(&i.Omit, "omit")},
			{"parallel", p.count(&i.Parallel, "parallel", iperf.StreamsMax)},
			{"reverse", p.boolean(&i.Reverse, "reverse")}, {"bidir", p.boolean(&i.Bidirectional, "bidir")},
			{"udp", p.boolean(&i.UDP, "udp")}, {"rate", p.rate(&i.Rate)},
			{"cc", p.word(&i.Congestion, "cc")}}
	}
	s := &Service{Name: kind, Config: map[string]string{}}
	h.Run = s
	return []field{{"config", func(n *yaml.Node) {
		p.each(n, "config", func(key, value *yaml.Node) {
			s.Config[key.Value] = p.text(value, key.Value)
		})
	}}}
}

// directory reads the name of a directory, which is relative to that of the file.
func (p *parser) directory(to *string) func(*yaml.Node) {
	return func(n *yaml.Node) {
		*to = p.text(n, "root")
		if *to != "" && !filepath.IsAbs(*to) {
			*to = filepath.Join(filepath.Dir(p.name), *to)
		}
	}
}

// patterns reads which files are fetched.
func (p *parser) patterns(to *[]string) func(*yaml.Node) {
	return func(n *yaml.Node) {
		p.texts(n, "files", func(n *yaml.Node, pattern string) {
			if _, err := match(pattern, ""); err != nil {
				p.fail(n, "write a pattern such as *.html", "files: %v", err)
			}
			*to = append(*to, pattern)
		})
		if slices.Equal(*to, []string{"all"}) {
			*to = nil
		}
	}
}

func (p *parser) size(to *int64, what string) func(*yaml.Node) {
	return func(n *yaml.Node) {
		if text := p.text(n, what); text != "" {
			v, err := units.ParseSize(text)
			if err != nil {
				p.failed(n, err)
			}
			*to = v
		}
	}
}

// rate reads the rate of a test.
func (p *parser) rate(to *int64) func(*yaml.Node) {
	return func(n *yaml.Node) {
		switch text := p.text(n, "rate"); text {
		case "":
		case "unlimited":
			*to = iperf.Unlimited
		default:
			v, err := units.ParseRate(text)
			if err != nil {
				p.failed(n, err)
			} else if v == 0 {
				p.fail(n, "leave it out for none", "rate %q lets nothing pass", text)
			}
			*to = v
		}
	}
}
