package host

import (
	"flag"
	"os"
	"testing"
)

// Parallel tests here mostly sleep: as many as this run at once, unless -parallel says otherwise.
const parallelSleepers = "200"

func TestMain(m *testing.M) {
	flag.Parse()
	set := false
	flag.Visit(func(f *flag.Flag) { set = set || f.Name == "test.parallel" })
	if !set {
		flag.Set("test.parallel", parallelSleepers)
	}
	os.Exit(m.Run())
}
