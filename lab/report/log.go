package report

import (
	"html/template"

	"github.com/atoll-os/atoll/clock"
)

// Limits of the log of a page. What has no room is left out after the first quarter: how a run
// began and how it ended are what one looks for.
const (
	LogBytesMax   = 256 << 10 // as it is written
	LineRunesMax  = 1000
	lineBytesMore = 96 // what stands round a line
)

// logRow is a line of the log as the template shows it, or a remark on lines left out.
type logRow struct {
	At, Host, Text string
	LeftOut        string
}

func newLogRow(l *Line) logRow {
	return logRow{At: clock.Instant(l.At).String(), Host: clean(l.Host, CellRunesMax),
		Text: clean(l.Text, LineRunesMax)}
}

func (l *logRow) size() int {
	return len(template.HTMLEscapeString(l.Host)) + len(template.HTMLEscapeString(l.Text)) +
		lineBytesMore
}

func (p *page) log(r *Run) {
	room := LogBytesMax
	var tail []logRow
	head := 0
	for ; head < len(r.Log); head++ {
		row := newLogRow(&r.Log[head])
		if room-row.size() < LogBytesMax*3/4 {
			break
		}
		room -= row.size()
		p.Log = append(p.Log, row)
	}
	end := len(r.Log)
	for ; end > head; end-- {
		row := newLogRow(&r.Log[end-1])
		if room -= row.size(); room < 0 {
			break
		}
		tail = append(tail, row)
	}
	if end > head {
		p.Log = append(p.Log, logRow{LeftOut: andMore(end-head, "lines")})
	}
	for i := len(tail) - 1; i >= 0; i-- {
		p.Log = append(p.Log, tail[i])
	}
}
