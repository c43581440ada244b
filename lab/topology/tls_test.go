package topology

import (
	"testing"
	"testing/cryptotest"
)

// With the randomness of TLS fixed, a run over TLS is equal to the byte too, as long as one
// handshake is made at a time. Without that it has the same times and lengths.
func TestTLSRepeats(t *testing.T) {
	f := parse(t, `
duration: 10s
hosts:
  web: {run: web, sample: 200KiB, tls: true}
  a: {run: fetch, from: web, repeat: 2}
links: [{ends: [a, web], delay: 5ms, rate: 10Mbit, queue: 64KiB, loss: 1%}]
at: {200ms: crash web, 300ms: restart web}
`)
	digests := map[string]bool{}
	once := func(fixed bool) {
		t.Run("", func(t *testing.T) {
			if fixed {
				cryptotest.SetGlobalRandom(t, 7)
			}
			r := run(t, f, RunOptions{Digest: true})
			if !r.OK || r.Transfers[0].Retries == 0 {
				t.Errorf("%v %v %+v", r.Failures, r.Expectations, r.Transfers)
			}
			digests[r.Digest] = true
		})
	}
	for range 3 {
		once(true)
	}
	if len(digests) != 1 {
		t.Errorf("%d digests of three runs with fixed randomness, want 1", len(digests))
	}
	first := run(t, f, RunOptions{})
	second := run(t, f, RunOptions{})
	if a, b := marshal(t, first), marshal(t, second); string(a) != string(b) {
		t.Errorf("two runs over TLS differ in more than bytes: %s", difference(a, b))
	}
}
