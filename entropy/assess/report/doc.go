// Package report shows an assessment: as one HTML page, and as plots.
//
// Data goes in, bytes come out: [HTML] writes the page, [Histogram], [Autocorrelation], [Runs] and
// [Image] one plot each as an SVG file. The package reads no clock and no file, and gives the same
// bytes for the same data.
//
// The page is one file, has no script and asks for nothing from outside; its content security
// policy allows no style but its own. Texts may be hostile: everything is escaped. It looks as the
// reports of package lab do. Colours are never the only sign.
package report
