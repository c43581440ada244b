package tlsconf

import (
	"errors"
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"
)

// counting answers with nonces that it counts, until it breaks.
type counting struct {
	n      int
	broken bool
}

var errBroken = errors.New("broken")

func (c *counting) RoundTrip(r *http.Request) (*http.Response, error) {
	if c.broken {
		return nil, errBroken
	}
	c.n++
	return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody, Request: r,
		Header: http.Header{header: {fmt.Sprint(c.n)}}}, nil
}

// The first demand for a nonce fetches more, which the next ones get: each once, and none after
// its time.
func TestNonces(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		under := &counting{}
		client := aheadOfNonces(&http.Client{Transport: under})
		seen := map[string]bool{}
		ask := func(method string) string {
			r, err := http.NewRequest(method, "http://authority/nonce", nil)
			if err != nil {
				t.Fatal(err)
			}
			answer, err := client.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			return answer.Header.Get(header)
		}
		if nonce := ask("GET"); nonce != "" {
			t.Errorf("the directory brought nonce %s", nonce)
		}
		for i := range 3 * (noncesAhead + 1) {
			nonce := ask("HEAD")
			if nonce == "" || seen[nonce] {
				t.Fatalf("nonce %q for demand %d", nonce, i)
			}
			seen[nonce] = true
		}
		if want := 1 + 3*(noncesAhead+1); under.n != want {
			t.Errorf("%d requests, want %d: no nonce is thrown away", under.n, want)
		}
		ask("HEAD")
		time.Sleep(nonceLife + time.Second)
		before := under.n
		if ask("HEAD"); under.n == before {
			t.Error("a nonce is handed out after its time")
		}
		if nonce := ask("POST"); nonce == "" {
			t.Error("the answer to a demand has lost its nonce")
		}
		time.Sleep(2 * nonceLife)
		under.broken = true
		if _, err := client.Head("http://authority/nonce"); !errors.Is(err, errBroken) {
			t.Errorf("error %v, want that of the network", err)
		}
	})
	if c := aheadOfNonces(nil); c.Transport.(*nonces).under != http.DefaultTransport {
		t.Error("without a client it is not the standard library's")
	}
}
