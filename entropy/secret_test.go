package entropy

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/atoll-os/atoll/entropy/internal/still"
)

// secretMode is a still system's seed in which every byte is another.
func secretMode() *still.Mode {
	mode := &still.Mode{}
	for i := range mode.Seed {
		mode.Seed[i] = byte(0xb7 + 37*i)
	}
	return mode
}

// secrets returns a system, a stream of it that has been used, and what nobody may see of them:
// the seed, the stream's first key and the bytes that its buffer holds.
func secrets(t testing.TB, generations ...Generation) (s *System, st *Stream, secret [][]byte) {
	t.Helper()
	twin, err := New(Config{Still: secretMode()})
	if err != nil {
		t.Fatal(err)
	}
	next := make([]byte, 8000)
	twin.Stream("secret").Read(next)
	var key [seedBytes]byte
	twin.root.child("secret", 0, 0, 0, &key)
	s, err = New(Config{Still: secretMode(), Generations: generations})
	if err != nil {
		t.Fatal(err)
	}
	st = s.Stream("secret")
	st.Read(make([]byte, 32)) // the rest of next is in the buffer now
	mode := secretMode()
	return s, st, [][]byte{mode.Seed[:], key[:], next[32:64], next[4000:4032]}
}

// seen tells whether text shows 4 bytes in a row of a secret: raw, in hexadecimal, as numbers, or
// 8 of them as a word of a stack trace.
func seen(text string, secret []byte) (how string, is bool) {
	for i := 0; i+8 <= len(secret); i++ {
		part := secret[i : i+4]
		word := secret[i : i+8]
		swapped := []byte{word[7], word[6], word[5], word[4], word[3], word[2], word[1], word[0]}
		for how, form := range map[string]string{
			"raw":     string(part),
			"hex":     hex.EncodeToString(part),
			"numbers": strings.Trim(fmt.Sprint(part), "[]"),
			"Go":      strings.TrimSuffix(strings.TrimPrefix(fmt.Sprintf("%#v", part), "[]byte{"), "}"),
			"word":    hex.EncodeToString(swapped),
			"quoted":  strings.Trim(fmt.Sprintf("%q", part), `"`),
		} {
			if strings.Contains(strings.ToLower(text), strings.ToLower(form)) {
				return how, true
			}
		}
	}
	return "", false
}

func TestSecretsAreNeverPrinted(t *testing.T) {
	s, st, secret := secrets(t)
	holder := struct {
		Public  *Stream
		private *System
		Value   Stream
	}{st, s, *st}
	var texts []string
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%T", "%p"} {
		for _, value := range []any{s, st, *st, holder, &holder, s.root, *s.root, []any{s, st}} {
			texts = append(texts, fmt.Sprintf(verb, value))
		}
	}
	status, err := json.Marshal(s.Status())
	if err != nil {
		t.Fatal(err)
	}
	texts = append(texts, string(status), fmt.Sprintf("%+v", s.Status()))
	for _, value := range []any{s, st, holder} {
		text, err := json.Marshal(value)
		if err == nil {
			texts = append(texts, string(text))
		}
	}
	var log bytes.Buffer
	for _, handler := range []slog.Handler{slog.NewTextHandler(&log, nil),
		slog.NewJSONHandler(&log, nil)} {
		slog.New(handler).Info("x", "system", s, "stream", st, "holder", holder)
	}
	texts = append(texts, log.String())
	for _, text := range texts {
		for i, each := range secret {
			if how, is := seen(text, each); is {
				t.Errorf("secret %d is shown (%s) by %.300s", i, how, text)
			}
		}
	}
	if got, want := fmt.Sprint(st), `entropy.Stream("secret")`; got != want {
		t.Errorf("a stream prints as %s, want %s", got, want)
	}
	if got, want := fmt.Sprint(s), "entropy.System(ready: true)"; got != want {
		t.Errorf("a system prints as %s, want %s", got, want)
	}
	// The test can fail.
	for i, each := range secret {
		if _, is := seen(fmt.Sprintf("%x", each), each); !is {
			t.Errorf("secret %d is not seen where it is shown", i)
		}
	}
}

// panicking is a generation that panics in the middle of a read, when the bytes are made.
type panicking struct {
	fakeGeneration
	armed bool
}

func (p *panicking) Count() uint64 {
	if p.armed {
		panic("generation fails")
	}
	return 0
}

// TestPanicsShowNoSecret runs itself as other processes, which panic in a read, a long one and a
// short one, and looks at the traces of all goroutines.
func TestPanicsShowNoSecret(t *testing.T) {
	const variable = "ENTROPY_TEST_PANIC"
	if n, err := strconv.Atoi(os.Getenv(variable)); err == nil {
		g := &panicking{}
		_, st, _ := secrets(t, g)
		g.armed = true
		st.Read(make([]byte, n))
		t.Fatal("a read did not panic")
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range []string{"1000", "32"} {
		cmd := exec.Command(self, "-test.run=^TestPanicsShowNoSecret$")
		cmd.Env = append(os.Environ(), variable+"="+n, "GOTRACEBACK=system")
		panicked(t, cmd)
	}
}

// panicked runs a process that panics within a read, and looks at what it prints.
func panicked(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	out, err := cmd.CombinedOutput()
	text := string(out)
	if err == nil || !strings.Contains(text, "generation fails") ||
		!strings.Contains(text, "entropy.(*Stream).read") {
		t.Fatalf("the other process ended with %v and printed\n%s; want a panic within read", err, text)
	}
	_, _, secret := secrets(t)
	for i, each := range secret {
		if how, is := seen(text, each); is {
			t.Errorf("secret %d is shown (%s) in\n%s", i, how, text)
		}
	}
}

// TestRawSymbolsAreWiped looks into the buffers of sources, also of one whose samples are late.
func TestRawSymbolsAreWiped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		late := good("late", 3)
		fast, calls := late.sample, 0
		late.sample = func(ctx context.Context, raw []byte) (int, error) {
			if calls++; calls > 1 {
				return 0, context.Canceled
			}
			time.Sleep(15 * time.Second) // more than a sample may take
			return fast(ctx, raw)
		}
		s := compose(t, Config{Sources: []Source{good("a", 1), good("b", 2), late}})
		s.Stream("test").Read(make([]byte, 1))
		time.Sleep(time.Minute)
		s.mu.Lock()
		defer s.mu.Unlock()
		for _, in := range s.intakes {
			if in.drawn == 0 && in.errors == 0 {
				t.Errorf("%s was never drawn", in.spec.Name)
			}
			if !bytes.Equal(in.buffer, make([]byte, batchBytes)) {
				t.Errorf("raw symbols of %s are left in its buffer", in.spec.Name)
			}
		}
	})
}

// TestStreamIsWiped looks into a generator that nobody uses any more.
func TestStreamIsWiped(t *testing.T) {
	_, st, _ := secrets(t)
	epoch := st.s.epoch.Load()
	wipe(st.children)
	for i := range st.children {
		c := &st.children[i]
		if c.generator.Read(make([]byte, 1), epoch) {
			t.Error("a wiped generator reads")
		}
	}
}
