package main

import (
	"fmt"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/atoll-os/atoll/examples/hello/greet"
	"github.com/atoll-os/atoll/lab"
	"github.com/atoll-os/atoll/vnet/fault"
)

// TestLab runs the same function on a host of a lab: a link that loses every fifth frame, a crash
// and a restart, and the visitor is greeted all the same.
func TestLab(t *testing.T) {
	lab.Test(t, func(t *testing.T, l *lab.Lab) {
		web := l.Host("web", greet.Serve, lab.Config{"listen": ":80", "greeting": "Ahoy"})
		me := l.Host("me", nil)
		l.Link(me, web, fault.Delay(10*time.Millisecond), fault.Loss(0.2))
		client := &http.Client{Transport: &http.Transport{
			DialContext: me.DialContext, DisableKeepAlives: true,
		}}
		ask := func(name string) error {
			resp, err := client.Get("http://web/" + name)
			if err != nil {
				return err
			}
			defer resp.Body.Close()
			body, err := io.ReadAll(resp.Body)
			if want := "Ahoy, " + name + "!\n"; err == nil && string(body) != want {
				err = fmt.Errorf("the body is %q, want %q", body, want)
			}
			return err
		}
		for i := range 10 {
			if err := ask(fmt.Sprint("visitor-", i)); err != nil {
				t.Fatal(err)
			}
		}
		web.Crash()
		if err := ask("anyone"); err == nil {
			t.Error("a crashed host has answered")
		}
		web.Restart()
		l.Eventually(time.Second, "web is ready again", web.Ready)
		if err := ask("again"); err != nil {
			t.Fatal(err)
		}
	})
}
