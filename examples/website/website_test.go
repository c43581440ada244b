package main

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/atoll-os/atoll/examples/website/pages"
	"github.com/atoll-os/atoll/lab"
	"github.com/atoll-os/atoll/vnet/fault"
)

// TestMain is website itself when it is started under that name.
func TestMain(m *testing.M) {
	if os.Args[0] == "website" {
		main()
	}
	os.Exit(m.Run())
}

// get returns what is at an address, and its type.
func get(c *http.Client, url string) (body, kind string, err error) {
	resp, err := c.Get(url)
	if err != nil {
		return "", "", err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", url, resp.Status)
	}
	return string(text), resp.Header.Get("Content-Type"), err
}

// asked are pages with what they say: among them a search, which needs the service's own work.
var asked = map[string]string{
	"":                                       "A library operating system for Go",
	"advisories/?module=solo5&version=0.7.0": "Affected: 2 advisories cover version 0.7.0 of solo5.",
	"docs/rfc/0001-security-process/":        "security process",
	".well-known/security.txt":               "Contact: ",
}

// TestProcess runs the website as a process on the kernel's sockets, asks it and stops it.
func TestProcess(t *testing.T) {
	cmd := exec.Command(os.Args[0], "--listen", "127.0.0.1:0")
	cmd.Args[0] = "website"
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Process.Kill()
	lines, addr := bufio.NewScanner(stderr), ""
	for addr == "" && lines.Scan() {
		if m := regexp.MustCompile(`msg=serving addr=(\S+)`).FindStringSubmatch(lines.Text()); m != nil {
			addr = m[1]
		}
	}
	if addr == "" {
		t.Fatal("website did not say on which address it serves")
	}
	const about = "; this program is a process of it"
	if body, _, err := get(http.DefaultClient, "http://"+addr+"/machine/"); err != nil ||
		!strings.Contains(body, about) {
		t.Errorf("what it runs on has no %q: %v\n%s", about, err, body)
	}
	for path, want := range asked {
		body, _, err := get(http.DefaultClient, "http://"+addr+"/"+path)
		if err != nil || !strings.Contains(body, want) {
			t.Errorf("GET /%s has no %q: %v", path, want, err)
		}
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	rest, _ := io.ReadAll(stderr)
	if err := cmd.Wait(); err != nil {
		t.Errorf("website ended with %v after SIGTERM, want exit code 0\n%s", err, rest)
	}
}

// TestLab runs the same function on a host of a lab, over a link that loses every tenth frame, with
// a crash between; also over HTTPS, where it says on what it runs. The lab's time is later than all
// records.
func TestLab(t *testing.T) {
	lab.Test(t, func(t *testing.T, l *lab.Lab) {
		web := l.Host("web", pages.Serve, lab.Config{"listen": ":80", "rate": "-1", "listen-tls": ":443"})
		me := l.Host("me", nil)
		l.Link(me, web, fault.Delay(5*time.Millisecond), fault.Loss(0.1))
		client := &http.Client{Transport: &http.Transport{DialContext: me.DialContext,
			TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}} // a new one, signed by nobody
		defer client.CloseIdleConnections()
		l.Eventually(time.Second, "web is ready", web.Ready)
		for path, want := range asked {
			body, _, err := get(client, "http://web/"+path)
			if err != nil || !strings.Contains(body, want) {
				t.Errorf("GET /%s has no %q: %v", path, want, err)
			}
		}
		const about = "none: a host of a lab, with Atoll&#39;s TCP/IP"
		if body, _, err := get(client, "https://web/machine/"); err != nil ||
			!strings.Contains(body, about) {
			t.Errorf("what it runs on has no %q: %v\n%s", about, err, body)
		}
		client.CloseIdleConnections()
		web.Crash()
		web.Restart()
		l.Eventually(time.Second, "web is ready again", web.Ready)
		if _, kind, err := get(client, "http://web/advisories/feed.atom"); err != nil ||
			kind != "application/atom+xml" {
			t.Errorf("the feed is %q, %v", kind, err)
		}
	}, lab.Epoch(time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)))
}
