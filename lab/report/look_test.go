package report_test

import (
	"os"
	"testing"

	"github.com/atoll-os/atoll/lab/report"
)

func TestLook(t *testing.T) {
	r := sample()
	for i := range r.Plots {
		f, _ := os.Create("/tmp/look/p" + string(rune('0'+i)) + ".svg")
		report.SVG(f, &r.Plots[i], r.Marks, 0)
		f.Close()
	}
}
