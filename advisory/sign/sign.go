package sign

import (
	"bytes"
	"fmt"
	"io"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp"
)

// usable returns the error of a key that signs nothing at an instant.
func (k *Key) usable(at time.Time) error {
	made, expires := k.entity.PrimaryKey.CreationTime, k.Expires()
	switch {
	case at.Before(made):
		return fmt.Errorf("sign: sign at %s: the key was made later, at %s",
			stamp(at), stamp(made))
	case !expires.IsZero() && !at.Before(expires):
		return fmt.Errorf("sign: sign at %s: the key expired at %s", stamp(at), stamp(expires))
	case k.entity.Revoked(at):
		return fmt.Errorf("sign: sign at %s: the key is revoked", stamp(at))
	}
	return nil
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// Detached returns the armoured signature of data at an instant (RFC 9580 §10.4).
func (k *Key) Detached(data []byte, at time.Time) ([]byte, error) {
	at = at.Truncate(time.Second)
	if err := k.usable(at); err != nil {
		return nil, err
	}
	c := config(at)
	c.SigningKeyId = k.entity.PrimaryKey.KeyId
	var b bytes.Buffer
	if err := openpgp.ArmoredDetachSign(&b, k.entity, bytes.NewReader(data), c); err != nil {
		return nil, fmt.Errorf("sign: sign: %w", err)
	}
	b.WriteByte('\n')
	return b.Bytes(), nil
}

// ClearLineBytesMax is the length of the longest line that is clear-signed: GnuPG reads at most
// 19,995 bytes.
const ClearLineBytesMax = 16 << 10

// Clear returns the text with its signature at an instant, to be read as it is (RFC 9580 §7). The
// text must end with a newline, and none of its lines with a blank or a carriage return: such ends
// would not be signed.
func (k *Key) Clear(text []byte, at time.Time) ([]byte, error) {
	at = at.Truncate(time.Second)
	if err := k.usable(at); err != nil {
		return nil, err
	}
	n := 0
	for line := range bytes.Lines(text) {
		n++
		bare, ended := bytes.CutSuffix(line, []byte("\n"))
		if !ended {
			return nil, fmt.Errorf("sign: sign clearly: no newline at the end of the text")
		}
		if len(bytes.TrimRight(bare, " \t\r")) != len(bare) {
			return nil, fmt.Errorf("sign: sign clearly: line %d ends with a blank", n)
		}
		if len(line) > ClearLineBytesMax {
			return nil, fmt.Errorf("sign: sign clearly: line %d is longer than %d bytes", n,
				ClearLineBytesMax)
		}
	}
	if n == 0 {
		return nil, fmt.Errorf("sign: sign clearly: no text")
	}
	// The last newline is that before the signature, and no part of what is signed.
	c := config(at)
	c.SigningKeyId = k.entity.PrimaryKey.KeyId
	var packet bytes.Buffer
	err := openpgp.DetachSignText(&packet, k.entity, bytes.NewReader(text[:len(text)-1]), c)
	if err != nil {
		return nil, fmt.Errorf("sign: sign clearly: %w", err)
	}
	b := []byte("-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\n")
	for line := range bytes.Lines(text) {
		if line[0] == '-' { // RFC 9580 §7.2
			b = append(b, "- "...)
		}
		b = append(b, line...)
	}
	// Package clearsign would write this armour without its checksum. GnuPG 2.2 then takes the
	// hyphens behind it for data where no padding ends that: with one signature in 20,000.
	return append(b, armoured(openpgp.SignatureType, func(w io.Writer) error {
		_, err := w.Write(packet.Bytes())
		return err
	})...), nil
}
