package tlsconf

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// tool returns the path of a program of others, and which package has it.
func tool(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	switch {
	case err != nil && os.Getenv("CI") == "true":
		t.Fatalf("%s is not installed: apt install %s", name, name)
	case err != nil:
		t.Skipf("%s is not installed: apt install %s", name, name)
	}
	return path
}

// kernel is a certificate in files, for programs of others.
type kernel struct {
	cert                     tls.Certificate
	roots                    *x509.CertPool
	rootFile, certFile, keys string
}

func files(t *testing.T) (k kernel) {
	t.Helper()
	k.cert, k.roots = certificate(t)
	key, err := x509.MarshalPKCS8PrivateKey(k.cert.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	write := func(name, kind string, der []byte) string {
		path := filepath.Join(t.TempDir(), name)
		text := pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	k.certFile = write("cert.pem", "CERTIFICATE", k.cert.Certificate[0])
	k.rootFile = write("root.pem", "CERTIFICATE", k.cert.Certificate[1])
	k.keys = write("key.pem", "PRIVATE KEY", key)
	return k
}

// onLoopback serves over a Listener on the kernel's sockets, and returns the address.
func onLoopback(t *testing.T, config *tls.Config) string {
	t.Helper()
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "%s over TLS %x\n", r.Proto, r.TLS.Version)
	})}
	go s.Serve(&Listener{Listener: inner, Config: config})
	t.Cleanup(func() { s.Close() })
	return inner.Addr().String()
}

func TestCurl(t *testing.T) {
	curl, k := tool(t, "curl"), files(t)
	for _, c := range []struct {
		protos []string
		flag   string
		want   string
	}{
		{nil, "--http1.1", "HTTP/1.1 over TLS 304\n"},
		{nil, "--http2", "HTTP/1.1 over TLS 304\n"},
		{[]string{"h2", "http/1.1"}, "--http2", "HTTP/2.0 over TLS 304\n"},
	} {
		config := Server(k.cert, nil)
		config.NextProtos = c.protos
		addr := onLoopback(t, config)
		_, port, _ := net.SplitHostPort(addr)
		out, err := exec.Command(curl, "--silent", "--show-error", "--noproxy", "*", c.flag,
			"--cacert", k.rootFile, "--resolve", "server:"+port+":127.0.0.1",
			"https://server:"+port+"/").CombinedOutput()
		if err != nil || string(out) != c.want {
			t.Errorf("protocols %v, curl %s: %q, %v; want %q", c.protos, c.flag, out, err, c.want)
		}
	}
}

// openssl's client verifies the server and resumes its session, once more after a copy only with a
// new ticket; it is refused with TLS 1.2.
func TestOpenSSLClient(t *testing.T) {
	openssl, k, c := tool(t, "openssl"), files(t), &copies{}
	addr := onLoopback(t, Server(k.cert, c))
	session := filepath.Join(t.TempDir(), "session.pem")
	visit := func(flags ...string) (string, error) {
		cmd := exec.Command(openssl, append([]string{"s_client", "-connect", addr, "-servername",
			"server", "-verify_hostname", "server", "-verify_return_error", "-CAfile", k.rootFile,
			"-ign_eof"}, flags...)...)
		cmd.Stdin = strings.NewReader("GET / HTTP/1.1\r\nHost: server\r\nConnection: close\r\n\r\n")
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	for _, step := range []struct {
		what  string
		flags []string
		want  string
	}{
		{"first visit", []string{"-sess_out", session}, "New, TLSv1.3"},
		{"second visit", []string{"-sess_in", session}, "Reused, TLSv1.3"},
		{"in a copy", []string{"-sess_in", session, "-sess_out", session}, "New, TLSv1.3"},
		{"again", []string{"-sess_in", session}, "Reused, TLSv1.3"},
	} {
		if step.what == "in a copy" {
			c.clone()
		}
		out, err := visit(step.flags...)
		if err != nil || !strings.Contains(out, step.want) ||
			!strings.Contains(out, "HTTP/1.1 over TLS 304") {
			t.Errorf("%s: %v, want %q and a page:\n%s", step.what, err, step.want, out)
		}
	}
	if out, err := visit("-tls1_2"); err == nil || !strings.Contains(out, "protocol version") {
		t.Errorf("TLS 1.2: %v, want an alert:\n%s", err, out)
	}
}

// A Dialer talks to openssl's server, which says every line backwards, and resumes its session.
func TestOpenSSLServer(t *testing.T) {
	openssl, k := tool(t, "openssl"), files(t)
	cmd := exec.Command(openssl, "s_server", "-accept", "127.0.0.1:0", "-tls1_3", "-rev",
		"-cert", k.certFile, "-key", k.keys)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		cmd.Process.Kill()
		cmd.Wait()
	}()
	addr := ""
	for lines := bufio.NewScanner(out); addr == "" && lines.Scan(); {
		addr, _ = strings.CutPrefix(lines.Text(), "ACCEPT ")
		if addr == lines.Text() {
			addr = ""
		}
	}
	go io.Copy(io.Discard, out)
	d := &Dialer{Config: client(k.roots, nil)}
	for i, resumed := range []bool{false, true} {
		c, err := d.DialContext(context.Background(), "tcp", addr)
		if err != nil {
			t.Fatalf("%v\n%s", err, &stderr)
		}
		fmt.Fprintln(c, "hello")
		line := make([]byte, len("olleh\n"))
		if _, err := io.ReadFull(c, line); err != nil || string(line) != "olleh\n" {
			t.Errorf("heard %q, %v; want %q", line, err, "olleh\n")
		}
		if state := c.(*tls.Conn).ConnectionState(); state.DidResume != resumed {
			t.Errorf("connection %d: resumed %v, want %v", i, state.DidResume, resumed)
		}
		c.Close()
	}
}
