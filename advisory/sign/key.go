// Package sign makes and checks the OpenPGP signatures of published advisories (RFC 9580), with
// keys of version 4 and Ed25519, which GnuPG 2.1 and later read.
//
// A signature depends on the key, the text and the given instant, and on nothing else: Ed25519 is
// deterministic, and the library's random notation is off. So a tree of advisories that is built
// again with the same key and date is the same, signatures too.
package sign

import (
	"bytes"
	"crypto"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp"
	"github.com/ProtonMail/go-crypto/openpgp/armor"
	"github.com/ProtonMail/go-crypto/openpgp/packet"
)

// Lifetime of a new key. The publisher makes the next one in time: docs/rfc/0001.
const Lifetime = 2 * 365 * 24 * time.Hour

// KeyBytesMax is the size of the longest armoured key that is read.
const KeyBytesMax = 64 << 10

// Key signs. It is never printed: every format verb gives its fingerprint alone.
type Key struct{ entity *openpgp.Entity }

// Format prints the fingerprint, whatever the verb.
func (k Key) Format(f fmt.State, _ rune) {
	if k.entity == nil {
		io.WriteString(f, "private key")
		return
	}
	fmt.Fprintf(f, "private key %s", k.Fingerprint())
}

// config is what every signature at an instant is made with.
func config(at time.Time) *packet.Config {
	random := false
	return &packet.Config{
		DefaultHash: crypto.SHA512, Algorithm: packet.PubKeyAlgoEdDSA, Curve: packet.Curve25519,
		Time:                                  func() time.Time { return at },
		NonDeterministicSignaturesViaNotation: &random,
	}
}

// Generate makes a key that signs from an instant on, for Lifetime. Name and email make its user
// id; neither may have one of ()<>. The same random bytes give the same key.
func Generate(name, email string, at time.Time, rand io.Reader) (*Key, error) {
	c := config(at)
	c.Rand, c.KeyLifetimeSecs = rand, uint32(Lifetime/time.Second)
	e, err := openpgp.NewEntity(name, "", email, c)
	if err != nil {
		return nil, fmt.Errorf("sign: make a key: %w", err)
	}
	// The library adds a subkey to encrypt to. Ours only sign.
	e.Subkeys = nil
	return &Key{e}, nil
}

// Read reads an armoured private key as Private or "gpg --export-secret-keys --armor" write it.
// Its primary key must be Ed25519, able to sign and without a passphrase.
func Read(armoured []byte) (*Key, error) {
	e, err := read(armoured, openpgp.PrivateKeyType)
	if err != nil {
		return nil, err
	}
	primary := e.PrivateKey
	switch {
	case !slices.Contains(ed25519, e.PrimaryKey.PubKeyAlgo):
		return nil, errors.New("sign: read key: it is not Ed25519, " +
			"whose signatures are the same whenever they are made")
	case primary == nil || primary.Dummy():
		return nil, errors.New("sign: read key: the primary key's private part is not in the file")
	case primary.Encrypted:
		return nil, errors.New("sign: read key: it has a passphrase; export a copy without one")
	}
	if self, _ := e.PrimarySelfSignature(); !self.FlagsValid || !self.FlagSign {
		return nil, errors.New("sign: read key: the primary key is not one that signs")
	}
	return &Key{e}, nil
}

// ed25519 is the algorithm under its old number, which GnuPG knows, and under that of RFC 9580.
var ed25519 = []packet.PublicKeyAlgorithm{packet.PubKeyAlgoEdDSA, packet.PubKeyAlgoEd25519}

// read reads the only key of an armoured block.
func read(armoured []byte, kind string) (*openpgp.Entity, error) {
	if len(armoured) > KeyBytesMax {
		return nil, fmt.Errorf("sign: read key: longer than %d bytes", KeyBytesMax)
	}
	block, err := armor.Decode(bytes.NewReader(armoured))
	if err == io.EOF {
		return nil, fmt.Errorf("sign: read key: no block that begins with -----BEGIN %s-----", kind)
	}
	if err != nil {
		return nil, fmt.Errorf("sign: read key: %w", err)
	}
	if block.Type != kind {
		return nil, fmt.Errorf("sign: read key: the block is a %s, not a %s", block.Type, kind)
	}
	keys, err := openpgp.ReadKeyRing(block.Body)
	if err != nil {
		return nil, fmt.Errorf("sign: read key: %w", err)
	}
	if len(keys) != 1 {
		return nil, fmt.Errorf("sign: read key: %d keys in the block, not one", len(keys))
	}
	if self, _ := keys[0].PrimarySelfSignature(); self == nil {
		return nil, errors.New("sign: read key: it has no user id")
	}
	return keys[0], nil
}

// Private is the armoured private key. It belongs into a file that only its owner can read.
func (k *Key) Private() []byte {
	return armoured(openpgp.PrivateKeyType, func(w io.Writer) error {
		return k.entity.SerializePrivateWithoutSigning(w, nil)
	})
}

// Public is the half of the key that everybody may have.
func (k *Key) Public() *Public { return &Public{k.entity} }

// PublicKey is the armoured public key.
func (k *Key) PublicKey() []byte { return k.Public().Armoured() }

// Fingerprint is 40 hexadecimal digits in capitals.
func (k *Key) Fingerprint() string { return k.Public().Fingerprint() }

// Expires is the instant from which the key no longer signs; the zero time if that never comes.
func (k *Key) Expires() time.Time { return k.Public().Expires() }

// armoured wraps what write writes. It only fails on a key that the library itself made or read.
func armoured(kind string, write func(io.Writer) error) []byte {
	var b bytes.Buffer
	w, err := armor.Encode(&b, kind, nil)
	if err == nil {
		err = write(w)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		panic("sign: BUG: " + err.Error())
	}
	b.WriteByte('\n')
	return b.Bytes()
}
