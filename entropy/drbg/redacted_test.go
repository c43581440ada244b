package drbg

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

// TestSecretsAreNotPrinted prints generators in all the ways in which a program might by mistake.
// Every byte of their secrets is 0xd7, so that a leak shows in any notation.
func TestSecretsAreNotPrinted(t *testing.T) {
	ctr, hmac, gen := &CTR{hide(new(ctrState))}, &HMAC{hide(new(hmacState))},
		&Generator{hide(new(generatorState))}
	secret := func(b []byte) {
		for i := range b {
			b[i] = 0xd7
		}
	}
	secret(ctr.state.get().key[:])
	secret(ctr.state.get().v[:])
	secret(hmac.state.get().key[:])
	secret(hmac.state.get().v[:])
	secret(gen.state.get().key[:])
	secret(gen.state.get().buffer[:])
	type owner struct {
		C  CTR
		H  HMAC
		G  Generator
		c  CTR
		h  HMAC
		g  Generator
		pc *CTR
		ph *HMAC
		pg *Generator
	}
	o := owner{*ctr, *hmac, *gen, *ctr, *hmac, *gen, ctr, hmac, gen}
	values := map[string]any{"ctr": ctr, "*ctr": *ctr, "hmac": hmac, "*hmac": *hmac, "gen": gen,
		"*gen": *gen, "owner": o, "&owner": &o, "slice": []any{ctr, *hmac, gen},
		"map": map[string]Generator{"g": *gen}}
	for name, v := range values {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "% x", "%#x", "%d",
			"%o", "%b", "%c", "%U", "%e", "%t", "%10v", "%!"} {
			leaks(t, name+" by "+verb, fmt.Sprintf(verb, v))
		}
		if text, err := json.Marshal(v); err == nil {
			leaks(t, name+" as JSON", string(text))
		}
		var log bytes.Buffer
		slog.New(slog.NewTextHandler(&log, nil)).Info("x", "v", v)
		slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "v", v)
		leaks(t, name+" in a log", log.String())
		func() {
			defer func() { leaks(t, name+" in a panic", fmt.Sprint(recover())) }()
			panic(v)
		}()
	}
	for _, c := range []struct {
		v    any
		want string
	}{{ctr, "drbg.CTR(redacted)"}, {*hmac, "drbg.HMAC(redacted)"}, {gen, "drbg.Generator(redacted)"}} {
		if got := fmt.Sprintf("%v %#v", c.v, c.v); got != c.want+" "+c.want {
			t.Errorf("printed %q, want %q twice", got, c.want)
		}
	}
}

// leaks looks for the secret's bytes in every notation; in those that a pointer may show by chance,
// such as binary digits, for two in a row.
func leaks(t *testing.T, how, text string) {
	t.Helper()
	lower := strings.ToLower(text)
	for _, notation := range []string{"d7d7", "d7 d7", "0xd7", "215 215", "215,215", "327 327",
		"11010111 11010111", "\xd7\xd7", "×", "u+00d7", "\\xd7", "19fX"} {
		if strings.Contains(lower, strings.ToLower(notation)) {
			t.Errorf("%s leaks the secret: %.200s", how, text)
		}
	}
}

// TestErrorsHoldNoSecret: an error is about lengths, never about contents.
func TestErrorsHoldNoSecret(t *testing.T) {
	secret := bytes.Repeat([]byte{0xd7}, 40)
	_, err := NewCTR(secret, secret)
	leaks(t, "NewCTR", err.Error())
	_, err = NewHMAC(secret, secret[:3], nil)
	leaks(t, "NewHMAC", err.Error())
	if strings.Contains(err.Error(), hex.EncodeToString(secret[:2])) {
		t.Error("the nonce is in the error")
	}
}
