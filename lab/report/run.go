package report

import "time"

// Run is what is shown. Every field may be empty; its section is then left out.
type Run struct {
	Title   string
	OK      bool
	Verdict string // "passed", "failed: goodput 3.1 Mbit/s, expected 5 to 9"
	Seed    string
	Replay  string        // the command that shows the same run again
	Virtual time.Duration // the end of the time axis; 0: where the data ends
	Facts   []Fact        // the figures to see first
	Nodes   []Node
	Links   []Link
	Marks   []Mark
	Checks  []Check
	Plots   []Plot
	Tables  []Table
	Log     []Line // in order of time
}

// Fact is one figure at the top of the page.
type Fact struct{ Name, Value string }

// Kind is what a node is.
type Kind uint8

// The kinds of nodes.
const (
	Host Kind = iota
	Switch
	Router
	kindCount
)

var kindNames = [kindCount]string{"host", "switch", "router"}

// String returns the kind's name in lower case.
func (k Kind) String() string {
	if k >= kindCount {
		return "node"
	}
	return kindNames[k]
}

// Node is a machine or a switch. Its name is what links refer to.
type Node struct {
	Name   string
	Kind   Kind
	Note   string // what it does: "web server over TLS"
	Faults string // what was done to it: "killed at 6s, back at 8s"
}

// Link is a cable between two nodes.
type Link struct {
	A, B       string // names of nodes; one that is missing in Run.Nodes is drawn as a host
	Label      string // what it is like: "20ms, 1% loss"
	Faults     string // what was done to it: "pulled at 3s, plugged at 5s"
	AtoB, BtoA Way
}

// Way is what happened in one direction of a link.
type Way struct {
	Frames, Bytes uint64 // sent into it
	Lost          []Loss
	QueueMax      int // bytes: the most that waited in front of it
}

// Loss is how many frames were lost for one reason.
type Loss struct {
	Reason string
	Frames uint64
}

// Mark is something that was done during the run. It stands behind all plots.
type Mark struct {
	At    time.Duration
	Until time.Duration // 0, or not after At: an instant
	Text  string
}

// instant says whether the mark is a line, not a band.
func (m *Mark) instant() bool { return m.Until <= m.At }

// Check is something that was expected of the run.
type Check struct {
	OK     bool
	Text   string // "goodput of a > b within 5 to 9 Mbit/s"
	Detail string // "7.2 Mbit/s"
}

// Plot is one or more curves over time.
type Plot struct {
	Title  string
	Unit   Unit
	Series []Series // the first PlotSeriesMax are drawn
}

// Series is one curve.
type Series struct {
	Name   string
	Points []Point
	Step   bool // a value holds until the next one; otherwise points are joined by straight lines
}

// Point is a value at an instant. A value that is no number, is infinite or is beyond [ValueMax] is
// a gap in the curve. Points before the beginning or after the end of the time axis are left out.
type Point struct {
	At    time.Duration
	Value float64
}

// Table is any other table.
type Table struct {
	Title   string
	Columns []Column
	Rows    [][]string // missing cells are empty, surplus ones are left out
}

// Column is the head of a column.
type Column struct {
	Name   string
	Number bool // set to the right
}

// Line is a line of the log.
type Line struct {
	At   time.Duration
	Host string
	Text string
}
