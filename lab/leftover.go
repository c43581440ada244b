package lab

import (
	"bytes"
	"regexp"
	"runtime"
	"strings"
	"time"
)

// afterlife is how much virtual time the goroutines of services and tests have to end after the
// network has closed: net/http's server, for one, sleeps half a second then.
const afterlife = time.Minute

// awaitGoroutines lets what still runs in the bubble end, and names what does not: the bubble is
// going to panic for it.
func (l *Lab) awaitGoroutines() {
	time.Sleep(afterlife)
	if left := leftover(); left != "" {
		l.Errorf("lab: these goroutines have not ended %v after the network closed:\n%s"+
			"hint: close what you opened (http.Client.CloseIdleConnections), and end goroutines when "+
			"the service's context ends", afterlife, left)
	}
}

var bubblePattern = regexp.MustCompile(`^goroutine \d+ .*(synctest bubble \d+)`)

// leftover lists the goroutines of the caller's bubble that wait, but for the caller's own and
// those that wait for it.
func leftover() string {
	buf := make([]byte, 1<<20)
	buf = buf[:runtime.Stack(buf, true)]
	stacks := bytes.Split(buf, []byte("\n\n"))
	own := bubblePattern.FindSubmatch(stacks[0])
	if own == nil {
		return ""
	}
	var b strings.Builder
	for _, g := range stacks[1:] {
		m := bubblePattern.FindSubmatch(g)
		if m == nil || !bytes.Equal(m[1], own[1]) || bytes.Contains(g, []byte("internal/synctest.Run")) ||
			bytes.Contains(g, []byte("testing/synctest.Test")) {
			continue
		}
		lines := strings.SplitAfter(string(g), "\n")
		b.WriteString(strings.Join(lines[:min(len(lines), 9)], ""))
		b.WriteString("\n")
	}
	return b.String()
}
