package site

import (
	"bytes"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/atoll-os/atoll/advisory"
	"github.com/atoll-os/atoll/lab"
	"github.com/atoll-os/atoll/unikernel"
)

func oneFile(time.Time) ([]advisory.File, error) {
	return []advisory.File{{Path: "index.html", Data: []byte("here")}}, nil
}

// pair makes a certificate and its key as PEM.
func pair(t *testing.T) (cert, key string, leaf *x509.Certificate) {
	t.Helper()
	m := unikernel.New(t.Context(), unikernel.Options{Name: "Web_1", Net: plainNet{},
		Random: rand.Reader})
	c, err := ownCertificate(m)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(c.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	block := func(kind string, der []byte) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
	}
	return block("CERTIFICATE", c.Certificate[0]), block("PRIVATE KEY", der), c.Leaf
}

// plainNet is a network without an interface.
type plainNet struct{ unikernel.Net }

func (plainNet) Interfaces() []unikernel.Interface { return nil }

// A machine without a certificate makes one for its name and addresses, and says which.
func TestOwnCertificate(t *testing.T) {
	lab.Test(t, func(t *testing.T, l *lab.Lab) {
		web := l.Host("web", Service(oneFile), lab.Config{"listen": "", "listen-tls": ":443"})
		me := l.Host("me", nil)
		l.Link(me, web)
		l.Eventually(time.Second, "web is ready", web.Ready)
		var seen *x509.Certificate
		client := &http.Client{Transport: &http.Transport{DialContext: me.DialContext,
			TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}
		r, err := client.Get("https://web/")
		if err != nil {
			t.Fatal(err)
		}
		seen = r.TLS.PeerCertificates[0]
		if text := body(t, r); text != "here" || r.TLS.Version != tls.VersionTLS13 ||
			r.Header.Get("Strict-Transport-Security") == "" {
			t.Errorf("%q by %s, %v", text, tls.VersionName(r.TLS.Version), r.Header)
		}
		client.CloseIdleConnections()
		for _, name := range []string{"web", "localhost", "127.0.0.1", web.Addr(false).String()} {
			if err := seen.VerifyHostname(name); err != nil {
				t.Error(err)
			}
		}
		if _, err := me.Dial("tcp", "web:80"); err == nil {
			t.Error("it serves HTTP, too")
		}
	})
}

// A certificate that is given is served, and its key is in no message.
func TestGivenCertificate(t *testing.T) {
	cert, key, leaf := pair(t)
	lab.Test(t, func(t *testing.T, l *lab.Lab) {
		web := l.Host("web", Service(oneFile), lab.Config{"listen-tls": ":443", "certificate": cert,
			"key": key})
		me := l.Host("me", nil)
		l.Link(me, web)
		l.Eventually(time.Second, "web is ready", web.Ready)
		roots := x509.NewCertPool()
		roots.AddCert(leaf)
		client := &http.Client{Transport: &http.Transport{DialContext: me.DialContext,
			TLSClientConfig: &tls.Config{RootCAs: roots, ServerName: "localhost"}}}
		for _, url := range []string{"http://web/", "https://web/"} {
			r, err := client.Get(url)
			if err != nil {
				t.Fatal(err)
			}
			if text := body(t, r); text != "here" {
				t.Errorf("%s is %q", url, text)
			}
		}
		client.CloseIdleConnections()
	}, lab.Epoch(time.Now()))
}

// Settings that do not go together are said, and a key is never shown.
func TestCertificateErrors(t *testing.T) {
	cert, key, _ := pair(t)
	_, other, _ := pair(t)
	for _, c := range []struct {
		settings map[string]string
		want     string
	}{
		{map[string]string{"listen": ""}, "neither listen nor listen-tls"},
		{map[string]string{"listen-tls": ":1", "key": key}, "belong together"},
		{map[string]string{"listen-tls": ":1", "certificate": cert}, "belong together"},
		{map[string]string{"certificate": cert, "key": key}, "without listen-tls"},
		{map[string]string{"listen-tls": ":1", "certificate": cert + key, "key": key}, "give that as"},
		{map[string]string{"listen": "", "listen-tls": ":1", "certificate": cert,
			"key": other}, "does not match"},
		{map[string]string{"listen": "", "listen-tls": ":1", "certificate": cert,
			"key": "none"}, "find any PEM"},
		{map[string]string{"listen": "", "listen-tls": ":1"}, "no network"},
	} {
		var log bytes.Buffer
		m := unikernel.New(t.Context(), unikernel.Options{Name: "web", Net: errNet{}, Random: rand.Reader,
			Settings: c.settings, Log: slog.New(slog.NewTextHandler(&log, nil))})
		err := Service(oneFile)(t.Context(), m)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, want %q", err, c.want)
			continue
		}
		for _, secret := range []string{key, other} {
			if line := strings.Split(secret, "\n")[1]; strings.Contains(log.String()+err.Error(), line) {
				t.Errorf("%q shows the key: %s", err, &log)
			}
		}
	}
}

// A certificate whose time is over is served, and said to be over.
func TestOldCertificate(t *testing.T) {
	cert, key, _ := pair(t)
	synctest.Test(t, func(t *testing.T) { // begins in the year 2000
		var log bytes.Buffer
		m := unikernel.New(t.Context(), unikernel.Options{Net: errNet{}, Random: rand.Reader,
			Log: slog.New(slog.NewTextHandler(&log, nil))})
		_, err := (&settings{Certificate: cert, Key: key}).certificate(m)
		if err != nil || !strings.Contains(log.String(), "own=false") ||
			!strings.Contains(log.String(), "not valid now") {
			t.Errorf("%v, %s", err, &log)
		}
	})
}

// errNet has no interface and cannot listen.
type errNet struct{ noNet }

func (errNet) Interfaces() []unikernel.Interface { return nil }
