package sign

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var (
	made = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	at   = made.Add(24 * time.Hour)
)

// testKey is a key that everybody can make again: it protects nothing.
func testKey(t testing.TB, seed byte) *Key {
	t.Helper()
	k, err := Generate("Example", "security@example.org", made, rand.NewChaCha8([32]byte{seed}))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestSameKeyFromSameBytes(t *testing.T) {
	a, b := testKey(t, 1), testKey(t, 1)
	if !bytes.Equal(a.Private(), b.Private()) || !bytes.Equal(a.PublicKey(), b.PublicKey()) {
		t.Error("the same random bytes gave two keys")
	}
	if a.Fingerprint() == testKey(t, 2).Fingerprint() {
		t.Error("other random bytes gave the same key")
	}
	if len(a.Fingerprint()) != 40 {
		t.Errorf("fingerprint %s, want the 40 digits of version 4", a.Fingerprint())
	}
}

// Reproducible trees stand on this: a random notation or a clock in a signature would show.
func TestSignaturesAreTheSameTwice(t *testing.T) {
	k := testKey(t, 1)
	text := []byte("one\n- two\n\nFrom three\n")
	for name, sign := range map[string]func([]byte, time.Time) ([]byte, error){
		"detached": k.Detached, "clear": k.Clear,
	} {
		read, err := Read(k.Private())
		if err != nil {
			t.Fatal(err)
		}
		again := map[string]func([]byte, time.Time) ([]byte, error){
			"detached": read.Detached, "clear": read.Clear}[name]
		a, err := sign(text, at)
		if err != nil {
			t.Fatal(err)
		}
		b, err := again(text, at.Add(999*time.Millisecond))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(a, b) {
			t.Errorf("%s: two signatures of one second differ:\n%s\n%s", name, a, b)
		}
		later, err := sign(text, at.Add(time.Second))
		if err != nil || bytes.Equal(a, later) {
			t.Errorf("%s: the instant is not in the signature (%v)", name, err)
		}
	}
}

func TestVerify(t *testing.T) {
	k, other := testKey(t, 1), testKey(t, 2)
	p, err := ReadPublic(k.PublicKey())
	if err != nil {
		t.Fatal(err)
	}
	data := []byte("some\x00bytes without an end")
	signature, err := k.Detached(data, at)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Verify(data, signature); err != nil {
		t.Error(err)
	}
	if p.Verify(append(data, '!'), signature) == nil {
		t.Error("a signature of other data was taken")
	}
	if other.Public().Verify(data, signature) == nil {
		t.Error("a signature by another key was taken")
	}
	for _, bad := range []string{"", "x", string(k.PublicKey()),
		strings.Repeat("x", SignatureBytesMax+1),
		"-----BEGIN PGP SIGNATURE-----\n\n\n-----END PGP SIGNATURE-----\n"} {
		if p.Verify(data, []byte(bad)) == nil {
			t.Errorf("%.40q was taken for a signature", bad)
		}
	}
	for i := range signature { // A signature with a changed letter is no signature of the data.
		changed := bytes.Clone(signature)
		changed[i] ^= 1
		_ = p.Verify(data, changed) // some changes are in the armour's checksum only: no panic
	}
}

func TestVerifyClear(t *testing.T) {
	k := testKey(t, 1)
	text := "Title\n\n- a list\n-----BEGIN PGP SIGNATURE-----\nFrom here\n"
	message, err := k.Clear([]byte(text), at)
	if err != nil {
		t.Fatal(err)
	}
	got, err := k.Public().VerifyClear(message)
	if err != nil || string(got) != text {
		t.Errorf("text %q, error %v", got, err)
	}
	if _, err := testKey(t, 2).Public().VerifyClear(message); err == nil {
		t.Error("a message by another key was taken")
	}
	changes := map[string][]byte{
		"text before":  append([]byte("Read this.\n"), message...),
		"text behind":  append(bytes.Clone(message), "And this.\n"...),
		"text changed": bytes.Replace(message, []byte("Title"), []byte("Tilte"), 1),
		"a header":     bytes.Replace(message, []byte("Hash:"), []byte("Comment:"), 1),
		"nothing":      nil,
		"no signature": []byte("-----BEGIN PGP SIGNED MESSAGE-----\n\ntext\n"),
		"another block": bytes.ReplaceAll(message,
			[]byte("PGP SIGNATURE"), []byte("PGP MESSAGE")),
	}
	for name, m := range changes {
		if _, err := k.Public().VerifyClear(m); err == nil {
			t.Errorf("%s: the message was taken", name)
		}
	}
}

func TestClearRefusesWhatItWouldNotSign(t *testing.T) {
	k := testKey(t, 1)
	long := strings.Repeat("x", ClearLineBytesMax)
	if _, err := k.Clear([]byte(long[1:]+"\n"), at); err != nil {
		t.Error(err)
	}
	for _, text := range []string{"", "no newline", "blank \nend\n", "tab\t\n", "return\r\n",
		long + "\n"} {
		if _, err := k.Clear([]byte(text), at); err == nil {
			t.Errorf("%.40q was signed", text)
		}
	}
}

func TestClearRoundTrip(t *testing.T) {
	k := testKey(t, 1)
	line := rapid.StringMatching(`[- a-zA-Z\x{1}\r\x{2028}é=:]{0,80}[-a-zé=]|`)
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(rapid.SliceOfN(line, 1, 20).Draw(t, "lines"), "\n") + "\n"
		message, err := k.Clear([]byte(text), at)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := k.Public().VerifyClear(message); err != nil || string(got) != text {
			t.Fatalf("%q came back as %q: %v", text, got, err)
		}
	})
}

func TestKeysInTime(t *testing.T) {
	k := testKey(t, 1)
	if want := made.Add(Lifetime); !k.Expires().Equal(want) {
		t.Errorf("expires %s, want %s", k.Expires(), want)
	}
	for _, c := range []struct {
		at  time.Time
		why string // in the error; empty: signs
	}{
		{made.Add(-time.Second), "made later"}, {made, ""},
		{made.Add(Lifetime - time.Second), ""}, {made.Add(Lifetime), "expired"},
	} {
		for name, sign := range map[string]func([]byte, time.Time) ([]byte, error){
			"detached": k.Detached, "clear": k.Clear,
		} {
			_, err := sign([]byte("text\n"), c.at)
			if (err == nil) != (c.why == "") || err != nil && !strings.Contains(err.Error(), c.why) {
				t.Errorf("%s at %s: error %v, want %q", name, c.at, err, c.why)
			}
		}
		if err := k.Public().ValidAt(c.at); (err == nil) != (c.why == "") {
			t.Errorf("ValidAt(%s) = %v, want %q", c.at, err, c.why)
		}
	}
}

// A key must not reach a log by any way of printing.
func TestKeyIsNotPrinted(t *testing.T) {
	k := testKey(t, 1)
	secret := k.entity.PrivateKey.PrivateKey.(interface{ MarshalByteSecret() []byte })
	raw := secret.MarshalByteSecret()
	type holder struct {
		Key    *Key
		Value  Key
		Public *Public
		hidden Key
	}
	h := holder{k, *k, k.Public(), *k}
	_ = h.hidden
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("key", "key", k, "value", *k, "in", h)
	slog.New(slog.NewJSONHandler(&log, nil)).Info("key", "key", k, "value", *k, "in", h)
	out := log.String()
	for _, v := range []any{k, *k, &k, k.Public(), *k.Public(), h, &h, []*Key{k}, Key{}, Public{}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%T", "%p"} {
			out += fmt.Sprintf(verb+"\n", v)
		}
	}
	for _, form := range []string{"%x", "%X", "%d", "%v", "%s", "%q", "%#v", "% x"} {
		if s := strings.Trim(fmt.Sprintf(form, raw), "[]"); strings.Contains(out, s) {
			t.Errorf("the secret is printed with %s", form)
		}
	}
	if !strings.Contains(out, "private key "+k.Fingerprint()) {
		t.Error("the fingerprint is not printed")
	}
}

func TestReadRefuses(t *testing.T) {
	k := testKey(t, 1)
	for name, c := range map[string]struct {
		file []byte
		want string
	}{
		"nothing":    {nil, "no block"},
		"public key": {k.PublicKey(), "not a PGP PRIVATE KEY BLOCK"},
		"huge":       {make([]byte, KeyBytesMax+1), "longer than"},
		"broken":     {k.Private()[:200], ""},
		"passphrase": {file(t, "passphrase.key"), "passphrase"},
		"rsa":        {file(t, "rsa.key"), "not Ed25519"},
		"two keys":   {file(t, "two.key"), "2 keys"},
		"no secret":  {file(t, "subkey.key"), "not in the file"},
		"certifies":  {file(t, "certify.key"), "not one that signs"},
	} {
		if _, err := Read(c.file); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q", name, err, c.want)
		}
	}
	if _, err := ReadPublic(k.Private()); err == nil {
		t.Error("a private key was read as a public one")
	}
	if _, err := Generate("<script>", "x", made, rand.NewChaCha8([32]byte{})); err == nil {
		t.Error("a name with < was taken")
	}
}

// file reads a key that GnuPG made: testdata/README says how. They protect nothing.
func file(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestKeysOfGnuPG(t *testing.T) {
	now := time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)
	k, err := Read(file(t, "forever.key"))
	if err != nil {
		t.Fatal(err)
	}
	if !k.Expires().IsZero() {
		t.Errorf("expires %s, want never", k.Expires())
	}
	p, err := ReadPublic(file(t, "forever.pub"))
	if err != nil || p.Fingerprint() != k.Fingerprint() {
		t.Fatalf("the public half is of %v (%v), want %v", p, err, k)
	}
	text := file(t, "signed.txt")
	if err := p.Verify(text, file(t, "signed.txt.asc")); err != nil {
		t.Error(err)
	}
	if got, err := p.VerifyClear(file(t, "signed.clear")); err != nil || !bytes.Equal(got, text) {
		t.Errorf("the clear-signed text is %q: %v", got, err)
	}
	if s, err := k.Detached(text, now); err != nil || p.Verify(text, s) != nil {
		t.Errorf("the key signs nothing that it verifies: %v", err)
	}
	revoked, err := Read(file(t, "revoked.key"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := revoked.Detached(text, now); err == nil || !strings.Contains(err.Error(), "revoked") {
		t.Errorf("a revoked key signs: %v", err)
	}
	if p, err := ReadPublic(file(t, "revoked.pub")); err != nil || p.ValidAt(now) == nil {
		t.Errorf("a revoked key is valid (%v)", err)
	}
}

// A packet that is no signature, or a key without a user id, in armour that is right.
func TestOtherPackets(t *testing.T) {
	k := testKey(t, 1)
	as := func(kind string, packets func(io.Writer) error) []byte { return armoured(kind, packets) }
	public := func(w io.Writer) error { return k.entity.PrimaryKey.Serialize(w) }
	empty := func(io.Writer) error { return nil }
	junk := func(w io.Writer) error { _, err := w.Write([]byte("\xff\x00junk")); return err }
	for name, signature := range map[string][]byte{
		"a key": as("PGP SIGNATURE", public), "nothing": as("PGP SIGNATURE", empty),
		"junk": as("PGP SIGNATURE", junk), "a message": as("PGP MESSAGE", public),
	} {
		if err := k.Public().Verify(nil, signature); err == nil {
			t.Errorf("%s was taken for a signature", name)
		}
		clear := append([]byte("-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\ntext\n"),
			signature...)
		if _, err := k.Public().VerifyClear(clear); err == nil {
			t.Errorf("%s was taken for the signature of a message", name)
		}
	}
	for name, key := range map[string][]byte{
		"no user id": as("PGP PUBLIC KEY BLOCK", public), "nothing": as("PGP PUBLIC KEY BLOCK", empty),
		"junk": as("PGP PUBLIC KEY BLOCK", junk), "no armour": []byte("-----BEGIN PGP PUBLIC"),
		"bad armour": []byte("-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n!!!\n"),
	} {
		if _, err := ReadPublic(key); err == nil {
			t.Errorf("%s was taken for a key", name)
		}
	}
}

// GnuPG is what most readers of an advisory have.
func TestGnuPG(t *testing.T) {
	gpg, err := exec.LookPath("gpg")
	if err != nil {
		t.Skip("gpg is not here")
	}
	home := t.TempDir()
	run := func(args ...string) {
		t.Helper()
		c := exec.Command(gpg, append([]string{"--batch", "--homedir", home}, args...)...)
		if out, err := c.CombinedOutput(); err != nil {
			t.Errorf("gpg %s: %v\n%s", strings.Join(args, " "), err, out)
		}
	}
	write := func(name string, data []byte, err error) string {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(home, name)
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	k := testKey(t, 1)
	run("--import", write("key", k.PublicKey(), nil))
	// A signature is a byte or two shorter now and then, and its armour ends with other padding.
	// The last text has none: GnuPG 2.2 would refuse it without the checksum.
	padding := regexp.MustCompile(`(=*)\n=[A-Za-z0-9+/]{4}\n-----END`)
	seen := map[string]bool{}
	for _, n := range []int{0, 1, 2, 16043} {
		text := fmt.Appendf(nil, "x %d\n", n)
		detached, err := k.Detached(text, at)
		message, errClear := k.Clear(text, at)
		for _, signature := range [][]byte{detached, message} {
			m := padding.FindSubmatch(signature)
			if m == nil {
				t.Fatalf("an armour without a checksum:\n%s", signature)
			}
			seen[string(m[1])] = true
		}
		run("--verify", write("text.asc", detached, err), write("text", text, nil))
		run("--verify", write("clear", message, errClear))
	}
	long, err := k.Clear([]byte(strings.Repeat("-", ClearLineBytesMax-1)+"\n"), at)
	run("--verify", write("long", long, err))
	if !seen[""] || !seen["="] {
		t.Errorf("paddings %v, want none and one", seen)
	}
}

func FuzzRead(f *testing.F) {
	k := testKey(f, 1)
	message, err := k.Clear([]byte("text\n"), at)
	if err != nil {
		f.Fatal(err)
	}
	signature, err := k.Detached([]byte("text\n"), at)
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range [][]byte{k.Private(), k.PublicKey(), message, signature} {
		f.Add(seed)
	}
	p := k.Public()
	f.Fuzz(func(t *testing.T, b []byte) {
		if got, err := Read(b); err == nil {
			if again, err := Read(got.Private()); err != nil || again.Fingerprint() != got.Fingerprint() {
				t.Errorf("a key that was read is not read again: %v", err)
			}
		}
		if got, err := ReadPublic(b); err == nil {
			got.Expires()
		}
		p.Verify([]byte("text\n"), b)
		if text, err := p.VerifyClear(b); err == nil && string(text) != "text\n" {
			t.Errorf("a message that was not signed: %q", text)
		}
	})
}
