package capture

import (
	"bufio"
	"io"
	"strings"

	"github.com/atoll-os/atoll/vnet"
	"github.com/atoll-os/atoll/wire"
)

// Text writes one frame a line, without its payload and its checksums: two runs that differ only in
// those give the same text.
//
//	0.010 web.eth0 > sw1: 10.0.0.1.80 > 10.0.0.2.9999: . 1:1461(1460) ack 1 win 65535
//	0.010 web.eth0 > sw1: 10.0.0.1.80 > 10.0.0.2.9999: P. 1461:2000(539) ack 1 win 65535 [held 40ms]
//	0.020 db.eth0 < sw1: arp who-has 10.0.0.2 tell 10.0.0.1
//
// First comes the instant in seconds, then the port with the node at the other end of its link, and
// > for a frame that leaves, < for one that comes.
type Text struct {
	tap tap
	w   *bufio.Writer
}

// NewText returns a text capture. Flush it when the run is over.
func NewText(w io.Writer, s Scope) *Text {
	t := &Text{w: bufio.NewWriter(w)}
	t.tap.scope, t.tap.write = s, t.line
	return t
}

// Observe takes one event; it is a [vnet.Observer].
func (t *Text) Observe(e vnet.Event) { t.tap.observe(&e) }

// Flush writes what is left. It returns the first error of the writer.
func (t *Text) Flush() error {
	t.tap.flush()
	return t.w.Flush()
}

// line keeps no error: bufio.Writer does until Flush.
func (t *Text) line(r *record) {
	for _, s := range []string{r.at.String(), " ", r.port.Name(), direction(r), peer(r), ": ",
		wire.Describe(r.data)} {
		_, _ = t.w.WriteString(s)
	}
	if len(r.notes) > 0 {
		_, _ = t.w.WriteString(" [" + strings.Join(r.notes, ", ") + "]")
	}
	_ = t.w.WriteByte('\n')
}

func direction(r *record) string {
	if r.inbound {
		return " < "
	}
	return " > "
}

// peer names the node at the other end of the link.
func peer(r *record) string {
	if r.peer == nil {
		return "nothing"
	}
	return r.peer.Node().Name()
}
