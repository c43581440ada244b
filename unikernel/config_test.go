package unikernel

import (
	"bytes"
	"errors"
	"log/slog"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

// decode fills dst from the arguments of a program called web.
func decode(t testing.TB, dst any, args ...string) error {
	o := labOptions(nil)
	o.Args = args
	return New(t.Context(), o).Config.Decode(dst)
}

func TestDecodeEveryKind(t *testing.T) {
	type inner struct{ On bool }
	type embedded struct{ Note string }
	type all struct {
		embedded
		Embedded  struct{ Note string }
		S         string
		B         bool `name:"bee"`
		I         int8
		U         uint16
		F         float32
		D         time.Duration
		Size      Size
		Rate      Rate
		Addr      netip.Addr
		List      []string
		Durations []time.Duration
		Inner     inner
		Level     slog.Level
	}
	got := all{List: []string{"default"}, B: true}
	err := decode(t, &got, "--s", "-x", "--bee=false", "--i", "-8", "--u=65535", "--f", "1.5",
		"--d=20ms", "--size=64KiB", "--rate", "10Mbit", "--addr", "::1", "--list", "a, b",
		"--list=c", "--durations=1s,2s", "--inner-on", "--level", "warn",
		"--embedded-note", "n", "--note", "m")
	want := all{S: "-x", I: -8, U: 65535, F: 1.5, D: 20 * time.Millisecond, Size: 65536, Rate: 1e7,
		Addr: netip.IPv6Loopback(), List: []string{"a", "b", "c"},
		Durations: []time.Duration{time.Second, 2 * time.Second}, Inner: inner{true},
		Level: slog.LevelWarn}
	want.Embedded.Note, want.Note = "n", "m"
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("Decode: %v\ngot  %+v\nwant %+v", err, got, want)
	}
	if err := decode(t, &got, "--list="); err != nil || len(got.List) != 0 {
		t.Errorf("--list= gives %q, %v; want an empty list", got.List, err)
	}
}

func TestDecodeProblems(t *testing.T) {
	type config struct {
		Small   int8
		Natural uint
		Ratio   float64 `min:"0.5"`
		Wait    time.Duration
		List    []int
		Must    string `required:"true"`
		Key     string `required:"true" secret:"true"`
		Count   uint   `max:"3"`
	}
	for _, c := range []struct{ args, want string }{
		{"--small 128", "--small: 128 is too big or too small for this setting"},
		{"--small x", `--small: "x" is no whole number`},
		{"--natural -1", `--natural: "-1" is no whole number from 0`},
		{"--ratio NaN", `--ratio: "NaN" is no number`}, {"--ratio Inf", `"Inf" is no number`},
		{"--ratio 0.4", "ratio: 0.4 is beyond the least, 0.5"},
		{"--count 4", "count: 4 is beyond the most, 3"},
		{"--wait 5", `--wait: duration "5" has no unit (write 5ms or 5s)`},
		{"--list 1,x", `--list: "x" is no whole number`}, {"word", `unexpected argument "word"`},
		{"", "must is required (give --must or WEB_MUST)"},
		{"", "key is required (set WEB_KEY)"},
		{"--waitt 5s", "unknown setting --waitt (did you mean --wait?)"},
		{"--absurdity 5s", "unknown setting --absurdity (--help lists all settings)"},
		{"--wait --small", "--wait needs a value (write --wait DURATION)"},
		{"--wait 1s --wait 2s", "--wait is given twice"},
		{"--config x", "config x: this machine reads no files"},
	} {
		err := decode(t, &config{}, strings.Fields(c.args)...)
		var usage *UsageError
		if !errors.As(err, &usage) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("arguments %q: %v\nwant %s", c.args, err, c.want)
		}
	}
}

// A mistake in the service's own struct is no wrong usage.
func TestDecodeMistakesOfTheProgrammer(t *testing.T) {
	var nilPointer *struct{}
	for _, c := range []struct {
		dst  any
		want string
	}{
		{struct{}{}, "is no pointer to a struct"}, {nilPointer, "is no pointer to a struct"},
		{new(int), "is no pointer"}, {&struct{ C chan int }{}, "type chan int cannot be a setting"},
		{&struct{ L [][]string }{}, "type [][]string cannot be a setting"},
		{&struct{ Inner struct{ M map[string]int } }{}, "cannot be a setting"},
		{&struct{ Grace int }{}, "the name grace is taken"},
		{&struct {
			A int
			B int `name:"a"`
		}{}, "the name a is taken"},
	} {
		err := decode(t, c.dst)
		if err == nil || !strings.Contains(err.Error(), c.want) || errors.As(err, new(*UsageError)) {
			t.Errorf("Decode(%T): %v, want %q and no usage error", c.dst, err, c.want)
		}
	}
	defer func() {
		if recover() == nil {
			t.Error("a limit that is no number of the field's kind did not panic")
		}
	}()
	decode(t, &struct {
		N int `min:"x"`
	}{})
}

// A former name is still read, with a warning; a secret is never repeated.
func TestOldNamesAndSecrets(t *testing.T) {
	var log bytes.Buffer
	o := labOptions(map[string]string{"bind": ":1", "token-count": "s3cret"})
	o.Log = slog.New(slog.NewTextHandler(&log, nil))
	var cfg struct {
		Listen     string `old:"bind"`
		TokenCount int    `secret:"true"`
	}
	err := New(t.Context(), o).Config.Decode(&cfg)
	if cfg.Listen != ":1" || !strings.Contains(log.String(), "old=bind new=listen") {
		t.Errorf("bind set listen to %q and logged %q; want :1 and a warning", cfg.Listen, &log)
	}
	if err == nil || err.Error() != "token-count: the value is no NUMBER" {
		t.Errorf("a bad secret: %v; want words without its value", err)
	}
}

func TestEmbeddedValidateIsHeardOnce(t *testing.T) {
	var cfg struct{ tlsConfigOutside }
	cfg.CertFile = "x"
	err := decode(t, &cfg)
	if err == nil || strings.Count(err.Error(), "go together") != 1 {
		t.Errorf("Decode: %v; want what Validate says once", err)
	}
}

type tlsConfigOutside struct{ tlsConfig }

func TestKebab(t *testing.T) {
	for name, want := range map[string]string{
		"Listen": "listen", "TLSCertFile": "tls-cert-file", "HTTP2Port": "http2-port", "ID": "id",
		"MaxConnsPerHost": "max-conns-per-host", "URLs": "ur-ls", "A_B": "a-b", "CertPEM": "cert-pem",
	} {
		if got := kebab(name); got != want {
			t.Errorf("kebab(%s) = %s, want %s", name, got, want)
		}
	}
}

func TestEnvironPrefix(t *testing.T) {
	if got := environPrefix("my-web2.x"); got != "MY_WEB2_X_" {
		t.Errorf("prefix of my-web2.x is %s, want MY_WEB2_X_", got)
	}
}

// FuzzLines reads any file: an entry's value, quoted, reads the same again.
func FuzzLines(f *testing.F) {
	for _, s := range []string{
		"a = b # c", "a=\"b # c\" # d", "a = \"", "# x\n\nb = \\", "=", "a = #",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		d := &decoder{config: &Config{}}
		for _, e := range d.lines("x", text) {
			again := d.lines("x", []byte(e.name+" = "+quote(e.text)))
			if len(again) != 1 || again[0].name != e.name || again[0].text != e.text {
				t.Errorf("%q = %q printed as %q reads as %+v", e.name, e.text, quote(e.text), again)
			}
		}
	})
}

// FuzzArgs decodes any arguments: an error is always a usage error, and what --print-config shows
// reads the same again.
func FuzzArgs(f *testing.F) {
	for _, s := range []string{
		"--listen :80 -- x", "--allow 10.0.0.0/8,::/0", "-h", "--", "--queue 1KiB",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, line string) {
		cfg := defaults()
		err := decode(t, &cfg, strings.Split(line, " ")...)
		if err != nil {
			if !errors.As(err, new(*UsageError)) && err != ErrShown {
				t.Fatalf("arguments %q: %v, want a usage error", line, err)
			}
			return
		}
		var out bytes.Buffer
		o := labOptions(nil)
		o.Args = slices.Insert(strings.Split(line, " "), 0, "--print-config")
		o.Stdout = &out
		if err := New(t.Context(), o).Config.Decode(&serverConfig{}); err != ErrShown {
			return // the zero struct lacks a default that it needs
		}
		o.Args = []string{"--config", "printed"}
		o.ReadFile = func(string) ([]byte, error) { return out.Bytes(), nil }
		again := serverConfig{}
		if err := New(t.Context(), o).Config.Decode(&again); err != nil {
			t.Errorf("what --print-config shows does not read: %v\n%s", err, &out)
		}
	})
}

// TestServiceLinks: what Kubernetes adds, and what is nearly that.
func TestServiceLinks(t *testing.T) {
	for rest, want := range map[string]bool{"SERVICE_HOST": true, "SERVICE_PORT": true, "PORT": true,
		"SERVICE_PORT_HTTP": true, "PORT_80_TCP": true, "PORT_53_UDP_ADDR": true,
		"PORT_9_SCTP_PROTO": true, "SERVICE": false, "SERVICE_PORT_": false, "PORT_": false,
		"PORT_80": false, "PORT_80_TCP_": false, "PORT_80_TCPX": false, "PORT_X_TCP": false,
		"PORT_99999_TCP": false, "SERVICE_HOSTS": false, "": false} {
		if got := isServiceLink(rest); got != want {
			t.Errorf("%q: %v, want %v", rest, got, want)
		}
	}
}
