package lint

import (
	"math/rand/v2"
	"os"
	"testing"

	"github.com/atoll-os/atoll/advisory"
	"github.com/atoll-os/atoll/advisory/sign"
)

// A revoked key is published, so that who has it learns of that.
func TestRevokedKey(t *testing.T) {
	text, err := os.ReadFile("../sign/testdata/revoked.pub")
	if err != nil {
		t.Fatal(err)
	}
	p := project
	p.Keys = []advisory.PublicKey{{File: "keys/a.asc", Armoured: text}}
	expect(t, p, Options{Now: now.AddDate(0, 1, 0)}, "", good(t, 1))
}

// What lies among the keys must be a public key that holds, once; a private one is found out.
func TestKeys(t *testing.T) {
	key, err := sign.Generate("Abc", "", now.AddDate(-1, 0, 0), rand.NewChaCha8([32]byte{1}))
	if err != nil {
		t.Fatal(err)
	}
	old, err := sign.Generate("Abc", "", now.AddDate(-3, 0, 0), rand.NewChaCha8([32]byte{2}))
	if err != nil {
		t.Fatal(err)
	}
	p := project
	p.Keys = []advisory.PublicKey{{File: "keys/a.asc", Armoured: key.PublicKey()}}
	expect(t, p, Options{Now: now}, "", good(t, 1))
	p.Keys = append(p.Keys,
		advisory.PublicKey{File: "keys/b.asc", Armoured: key.PublicKey()},
		advisory.PublicKey{File: "keys/c.asc", Armoured: key.Private()},
		advisory.PublicKey{File: "keys/d.asc", Armoured: []byte("no key")},
		advisory.PublicKey{File: "keys/e.asc", Armoured: old.PublicKey()})
	expect(t, p, Options{Now: now}, `
keys/b.asc: it is the key of keys/a.asc (remove one of them)
keys/c.asc: it is a private key, and this folder is for public ones (remove it; if anybody could`+
		` read it, revoke the key and make a new one)
keys/d.asc: it is no public key: sign: read key: no block that begins with -----BEGIN PGP PUBLIC`+
		` KEY BLOCK----- (gpg --armor --export FINGERPRINT writes one)
keys/e.asc: sign: sign at `+stamp(now)+`: the key expired at `+stamp(old.Expires())+
		` (remove it; for the tree of a date in the past take the keys of then)`, good(t, 1))
}
