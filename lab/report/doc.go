// Package report shows a run of a lab: as one HTML page, as plots and as a drawing of the network.
//
// Data goes in, bytes come out: [HTML] writes the page, [SVG] one plot, [Topology] the drawing. The
// package knows nothing of a lab, reads no clock and no file, and gives the same bytes for the same
// [Run], on every machine. That is why the time a run took in the real world has no field: it is
// never the same twice. Who wants to show it adds a [Fact].
//
// The page is one file and asks for nothing from outside; its content security policy allows no
// other script and no other style than its own. It reads whole without a script: plots are SVG. The
// script adds what a drawing cannot do: the values under the pointer, zoom over all plots at once,
// a layout for the width of the window, a filter for the log. It is our own and no plotting
// library, since it takes the curves from the SVG itself: no point stands in the page twice, marks,
// dashes and dark mode are drawn in one place only, and it is a third of the size.
//
// Texts may be hostile: everything is escaped, control and direction characters are replaced, and
// every list has a named limit, beyond which the page says how much it leaves out. A page stays
// below [PageBytesMax].
//
// Colours are safe for colour-blind readers and never the only sign: curves differ by their dashes,
// verdicts by words and symbols, faults by crosses and texts.
package report
