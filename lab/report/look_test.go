package report_test

import (
	"fmt"
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
	for i, n := range networks {
		f, _ := os.Create(fmt.Sprintf("/tmp/look/t%d.svg", i))
		report.Topology(f, n.run)
		f.Close()
	}
}

func TestLookPage(t *testing.T) {
	f, _ := os.Create("/tmp/look/page.html")
	if err := report.HTML(f, sample()); err != nil {
		t.Fatal(err)
	}
	f.Close()
}
