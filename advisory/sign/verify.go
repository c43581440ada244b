package sign

import (
	"bytes"
	"crypto"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp"
	"github.com/ProtonMail/go-crypto/openpgp/armor"
	"github.com/ProtonMail/go-crypto/openpgp/clearsign"
	"github.com/ProtonMail/go-crypto/openpgp/packet"
)

// SignatureBytesMax is the size of the longest armoured signature that is read.
const SignatureBytesMax = 16 << 10

// hashes are those that a signature may use.
var hashes = []crypto.Hash{crypto.SHA256, crypto.SHA384, crypto.SHA512}

// Public checks signatures. Its algorithm may be any that the library knows and holds for secure.
type Public struct{ entity *openpgp.Entity }

// ReadPublic reads one armoured public key.
func ReadPublic(armoured []byte) (*Public, error) {
	e, err := read(armoured, openpgp.PublicKeyType)
	if err != nil {
		return nil, err
	}
	return &Public{e}, nil
}

// Armoured is the key as ReadPublic and "gpg --import" read it.
func (p *Public) Armoured() []byte {
	return armoured(openpgp.PublicKeyType, p.entity.Serialize)
}

// Fingerprint is 40 hexadecimal digits in capitals (64 for a key of version 6).
func (p *Public) Fingerprint() string {
	return strings.ToUpper(fmt.Sprintf("%x", p.entity.PrimaryKey.Fingerprint))
}

// Format prints the fingerprint, whatever the verb: a Public of a Key holds the private half too.
func (p Public) Format(f fmt.State, _ rune) {
	if p.entity == nil {
		io.WriteString(f, "public key")
		return
	}
	fmt.Fprintf(f, "public key %s", p.Fingerprint())
}

// Expires is the instant from which the key no longer signs; the zero time if that never comes.
func (p *Public) Expires() time.Time {
	self, _ := p.entity.PrimarySelfSignature()
	if self.KeyLifetimeSecs == nil || *self.KeyLifetimeSecs == 0 {
		return time.Time{}
	}
	made := p.entity.PrimaryKey.CreationTime
	return made.Add(time.Duration(*self.KeyLifetimeSecs) * time.Second).UTC()
}

// ValidAt returns the error of a key that is not made yet, expired or revoked at an instant.
func (p *Public) ValidAt(at time.Time) error {
	k := Key{p.entity}
	return k.usable(at)
}

// RevokedAt tells whether the key has a revocation that holds at an instant. Whoever has the key
// must learn of it, so that a revoked key is published too; it signs nothing any more.
func (p *Public) RevokedAt(at time.Time) bool { return p.entity.Revoked(at) }

// Verify checks an armoured detached signature of data. The key must have been valid when it was
// made; whether it still is says ValidAt.
func (p *Public) Verify(data, signature []byte) error {
	if len(signature) > SignatureBytesMax {
		return fmt.Errorf("sign: verify: a signature longer than %d bytes", SignatureBytesMax)
	}
	block, err := armor.Decode(bytes.NewReader(signature))
	if err != nil {
		return fmt.Errorf("sign: verify: read the signature: %w", err)
	}
	if block.Type != openpgp.SignatureType {
		return fmt.Errorf("sign: verify: a %s in place of a signature", block.Type)
	}
	return p.verify(data, block)
}

// verify checks the only signature of a block.
func (p *Public) verify(data []byte, block *armor.Block) error {
	packets, err := io.ReadAll(io.LimitReader(block.Body, SignatureBytesMax))
	if err != nil {
		return fmt.Errorf("sign: verify: read the signature: %w", err)
	}
	first, err := packet.Read(bytes.NewReader(packets))
	if err != nil {
		return fmt.Errorf("sign: verify: read the signature: %w", err)
	}
	s, ok := first.(*packet.Signature)
	if !ok || (s.SigType != packet.SigTypeBinary && s.SigType != packet.SigTypeText) {
		return errors.New("sign: verify: not the signature of a text or a file")
	}
	c := &packet.Config{Time: func() time.Time { return s.CreationTime }}
	_, _, err = openpgp.VerifyDetachedSignatureAndHash(openpgp.EntityList{p.entity},
		bytes.NewReader(data), bytes.NewReader(packets), hashes, c)
	if err != nil {
		return fmt.Errorf("sign: verify with key %s: %w", p.Fingerprint(), err)
	}
	return nil
}

// VerifyClear checks a clear-signed message and returns its text, which alone is signed: nothing
// else may stand in the message, neither before nor behind it.
func (p *Public) VerifyClear(message []byte) ([]byte, error) {
	if !bytes.HasPrefix(message, []byte("-----BEGIN PGP SIGNED MESSAGE-----\n")) {
		return nil, errors.New("sign: verify: not a clear-signed message")
	}
	block, rest := clearsign.Decode(message)
	if block == nil {
		return nil, errors.New("sign: verify: a broken clear-signed message")
	}
	if len(rest) > 0 {
		return nil, errors.New("sign: verify: text behind the signature, which it does not cover")
	}
	if block.ArmoredSignature.Type != openpgp.SignatureType {
		return nil, errors.New("sign: verify: no signature in the message")
	}
	if err := p.verify(block.Bytes, block.ArmoredSignature); err != nil {
		return nil, err
	}
	return append(block.Plaintext, '\n'), nil
}
