package topology

import (
	"encoding/json"
	"testing"
	"testing/synctest"
)

// run runs a file in a bubble of its own.
func run(t *testing.T, f *File, o RunOptions) (result *Result) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		var err error
		if result, err = f.Run(t, o); err != nil {
			t.Fatal(err)
		}
	})
	return result
}

func parse(t *testing.T, text string) *File {
	t.Helper()
	f, err := Parse("net.yaml", []byte(text), nil)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func indent(v any) string {
	b, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		panic(err)
	}
	return string(b)
}

func TestExample(t *testing.T) {
	r := run(t, parse(t, string(Example())), RunOptions{Digest: true})
	for _, e := range r.Expectations {
		if !e.OK {
			t.Errorf("%s: got %s", e.Text, e.Got)
		}
	}
	t.Logf("%v frames %d", r.Virtual, r.Frames)
	r.Conns = nil
	t.Log(indent(r))
}
