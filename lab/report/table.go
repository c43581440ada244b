package report

import (
	"fmt"
	"html/template"
	"strings"
)

// Limits of the tables of a page, the links' among them.
const (
	TablesMax      = 16
	ColumnsMax     = 24
	CellRunesMax   = 200
	TableBytesMax  = 256 << 10 // of all rows together, as they are written
	cellBytesExtra = 32        // what stands round a cell's text
)

// grid is a table as the template shows it.
type grid struct {
	Title   string
	Columns []Column
	Rows    [][]cell
	More    string
}

type cell struct {
	Text          string
	First, Number bool
}

// tables shows the links, if anything went over them, and then the run's own tables.
func (p *page) tables(r *Run) {
	var all []Table
	if t, some := linkTable(r.Links); some {
		all = append(all, t)
	}
	all = append(all, r.Tables...)
	room := TableBytesMax
	for i := range all[:min(len(all), TablesMax)] {
		p.Tables = append(p.Tables, newGrid(&all[i], &room))
	}
	p.MoreTables = moreThan(len(all), TablesMax, "tables")
}

// newGrid takes as many rows as there is room for.
func newGrid(t *Table, room *int) grid {
	g := grid{Title: text(t.Title)}
	for _, c := range t.Columns[:min(len(t.Columns), ColumnsMax)] {
		g.Columns = append(g.Columns, Column{text(c.Name), c.Number})
	}
	for i, row := range t.Rows {
		cells := make([]cell, len(g.Columns))
		size := 0
		for j := range cells {
			cells[j].First, cells[j].Number = j == 0, g.Columns[j].Number
			if j < len(row) {
				cells[j].Text = clean(row[j], CellRunesMax)
			}
			size += len(template.HTMLEscapeString(cells[j].Text)) + cellBytesExtra
		}
		if *room -= size; *room < 0 {
			g.More = andMore(len(t.Rows)-i, "rows")
			break
		}
		g.Rows = append(g.Rows, cells)
	}
	return g
}

// linkTable lists each direction of each link with what was sent into it and what was lost there.
func linkTable(links []Link) (t Table, some bool) {
	t = Table{Title: "Links", Columns: []Column{{"direction", false}, {"what it is like", false},
		{"frames", true}, {"bytes", true}, {"lost", true}, {"why", false}, {"queue at most", true}}}
	for i := range links {
		l := &links[i]
		some = some || l.AtoB.Frames > 0 || l.BtoA.Frames > 0
		t.Rows = append(t.Rows, l.AtoB.row(l.A, l.B, l.Label), l.BtoA.row(l.B, l.A, l.Label))
	}
	return t, some
}

func (w *Way) row(from, to, label string) []string {
	var lost uint64
	var why []string
	for _, l := range w.Lost {
		if l.Frames > 0 {
			lost += l.Frames
			why = append(why, fmt.Sprintf("%s %s", Count.Text(float64(l.Frames)), l.Reason))
		}
	}
	share := "0"
	if lost > 0 && w.Frames > 0 {
		share = fmt.Sprintf("%s (%s%%)", Count.Text(float64(lost)),
			digits3(100*float64(lost)/float64(w.Frames)))
	}
	return []string{from + " → " + to, label, Count.Text(float64(w.Frames)),
		Bytes.Text(float64(w.Bytes)), share, strings.Join(why, ", "),
		Bytes.Text(float64(w.QueueMax))}
}
