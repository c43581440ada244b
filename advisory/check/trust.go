package check

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/atoll-os/atoll/advisory/csaf"
	"github.com/atoll-os/atoll/advisory/export"
	"github.com/atoll-os/atoll/advisory/sign"
)

// What can be wrong with a signed database. Each is a reason not to use it.
var (
	ErrSignature = errors.New("the signature of the database's manifest does not hold")
	ErrRollback  = errors.New("the database is older than the one that was seen before")
	ErrFreeze    = errors.New("the database's manifest has expired: nobody renews it, " +
		"or somebody holds the new one back")
	ErrUnsigned = errors.New("the database was signed before and is not now")
	ErrKey      = errors.New("the database is signed with another key than before")
	ErrNoKey    = errors.New("the key of the database's signature is not found")
)

// Trust is what a database's manifest says.
type Trust struct {
	Signed      bool
	FirstUse    bool   // the key was not known before, and is remembered now
	Fingerprint string // of the key
	Sequence    int
	Issued      time.Time
	Expires     time.Time
	Forgotten   string // why nothing can be remembered: no rollback will be seen; empty if it is
}

// String says it in a few words.
func (t Trust) String() string {
	if !t.Signed && t.Sequence == 0 {
		return "unsigned"
	}
	if !t.Signed {
		return fmt.Sprintf("unsigned, number %d", t.Sequence)
	}
	text := fmt.Sprintf("number %d, signed with key %s", t.Sequence, t.Fingerprint)
	switch {
	case t.Forgotten != "":
		text += ", and not remembered (" + t.Forgotten + ")"
	case t.FirstUse:
		text += ", which is trusted from now on"
	}
	return text
}

// seen is what is remembered of a database.
type seen struct {
	Database string `json:"database"`
	Key      string `json:"key"` // armoured
	Sequence int    `json:"sequence"`
	Manifest string `json:"manifest"` // its hash
}

// Names in a signed tree, besides the manifest's.
const (
	keyDir           = ".well-known/csaf/openpgp/"
	signatureTail    = ".asc"
	seenBytesMax     = 256 << 10
	metadataBytesMax = 1 << 20
)

// verify checks the manifest of a website: the signature, with one of the given keys, the one that
// is remembered, or, on the first use, the one that the website has; then that it follows what was
// seen before. It returns nil for a website without a manifest.
func (d *Database) verify(ctx context.Context, root files, lasting string, o Options) (
	*export.Manifest, error) {
	last, err := recall(o.Memory, lasting)
	if err != nil {
		return nil, err
	}
	text, err := root.get(ctx, export.ManifestPath, export.ManifestBytesMax)
	if errors.Is(err, fs.ErrNotExist) && last == nil {
		return nil, nil
	}
	var signature []byte
	if err == nil {
		signature, err = root.get(ctx, export.ManifestPath+signatureTail, sign.SignatureBytesMax)
		if errors.Is(err, fs.ErrNotExist) && last == nil {
			return d.unsigned(text)
		}
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("check: database %s: %w", d.Location, ErrUnsigned)
	}
	if err != nil {
		return nil, err
	}
	key, err := d.key(ctx, root, last, text, signature, o)
	if err != nil {
		return nil, err
	}
	m, err := export.ReadManifest(text)
	if err != nil {
		return nil, fmt.Errorf("check: database %s: %w", d.Location, err)
	}
	if err := follows(m, last, o.now()); err != nil {
		return nil, fmt.Errorf("check: database %s: %w", d.Location, err)
	}
	d.Trust = Trust{Signed: true, FirstUse: last == nil && len(o.Keys) == 0, Sequence: m.Sequence,
		Fingerprint: key.Fingerprint(), Issued: m.Issued, Expires: m.Expires}
	now := seen{lasting, string(key.Armoured()), m.Sequence, m.Hash()}
	if err := remember(o.Memory, now); err != nil {
		d.Trust.Forgotten = err.Error()
	}
	return m, nil
}

// unsigned takes a manifest without a signature: its hashes tell of accidents, not of attacks.
func (d *Database) unsigned(text []byte) (*export.Manifest, error) {
	m, err := export.ReadManifest(text)
	if err != nil {
		return nil, fmt.Errorf("check: database %s: %w", d.Location, err)
	}
	d.Trust = Trust{Sequence: m.Sequence, Issued: m.Issued, Expires: m.Expires}
	return m, nil
}

// key returns the key with which the manifest is signed.
func (d *Database) key(ctx context.Context, root files, last *seen, text, signature []byte,
	o Options) (*sign.Public, error) {
	for _, k := range o.Keys {
		if k.Verify(text, signature) == nil {
			return k, nil
		}
	}
	if last != nil {
		key, err := sign.ReadPublic([]byte(last.Key))
		if err != nil {
			return nil, fmt.Errorf("check: what is remembered of %s: %w", d.Location, err)
		}
		if err := key.Verify(text, signature); err != nil {
			return nil, d.otherKey(ctx, root, key, text, signature)
		}
		return key, nil
	}
	if len(o.Keys) > 0 {
		return nil, fmt.Errorf("check: database %s: %w with a key that was given", d.Location,
			ErrSignature)
	}
	key, err := d.published(ctx, root)
	if err != nil {
		return nil, err
	}
	if err := key.Verify(text, signature); err != nil {
		return nil, fmt.Errorf("check: database %s: %w: %w", d.Location, ErrSignature, err)
	}
	return key, nil
}

// otherKey tells a new key from a signature that nothing explains.
func (d *Database) otherKey(ctx context.Context, root files, known *sign.Public, text,
	signature []byte) error {
	key, err := d.published(ctx, root)
	if err == nil && key.Fingerprint() != known.Fingerprint() && key.Verify(text, signature) == nil {
		return fmt.Errorf("check: database %s: %w: %s, before %s", d.Location, ErrKey,
			key.Fingerprint(), known.Fingerprint())
	}
	return fmt.Errorf("check: database %s: %w with the key that is remembered, %s", d.Location,
		ErrSignature, known.Fingerprint())
}

// published fetches the key that a website has in its CSAF metadata.
func (d *Database) published(ctx context.Context, root files) (*sign.Public, error) {
	text, err := root.get(ctx, csaf.MetadataPath, metadataBytesMax)
	if err != nil {
		return nil, fmt.Errorf("check: database %s: %w: %w", d.Location, ErrNoKey, err)
	}
	var provider struct {
		Keys []struct {
			Fingerprint string `json:"fingerprint"`
		} `json:"public_openpgp_keys"`
	}
	if err := json.Unmarshal(text, &provider); err != nil || len(provider.Keys) == 0 {
		return nil, fmt.Errorf("check: database %s: %w: %s names none", d.Location, ErrNoKey,
			csaf.MetadataPath)
	}
	named := provider.Keys[len(provider.Keys)-1].Fingerprint
	text, err = root.get(ctx, keyDir+named+signatureTail, sign.KeyBytesMax)
	if err != nil {
		return nil, fmt.Errorf("check: database %s: %w: %w", d.Location, ErrNoKey, err)
	}
	key, err := sign.ReadPublic(text)
	if err != nil {
		return nil, fmt.Errorf("check: database %s: %w", d.Location, err)
	}
	return key, nil
}

// follows tells what is wrong with a manifest after the one that was seen last.
func follows(m *export.Manifest, last *seen, now time.Time) error {
	switch {
	case last != nil && m.Sequence < last.Sequence:
		return fmt.Errorf("%w: number %d after %d", ErrRollback, m.Sequence, last.Sequence)
	case last != nil && m.Sequence == last.Sequence && m.Hash() != last.Manifest:
		return fmt.Errorf("%w: there are two with number %d", ErrRollback, m.Sequence)
	case !now.Before(m.Expires):
		return fmt.Errorf("%w (on %s)", ErrFreeze, m.Expires.UTC().Format(time.RFC3339))
	}
	return nil
}

// seenFile is where a database is remembered.
func seenFile(dir, database string) string {
	sum := sha256.Sum256([]byte(database))
	return filepath.Join(dir, hex.EncodeToString(sum[:16])+".json")
}

// recall returns what is remembered of a database, nil if nothing. What cannot be read is an error:
// to forget it would let an attacker begin anew.
func recall(dir, database string) (*seen, error) {
	if dir == "" {
		return nil, nil
	}
	name := seenFile(dir, database)
	text, err := readMax(name, seenBytesMax)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var s seen
	if err := json.Unmarshal(text, &s); err != nil || s.Database != database || s.Key == "" {
		return nil, fmt.Errorf("check: %s is damaged: it should tell what was seen of %s", name,
			database)
	}
	return &s, nil
}

// remember writes down what was seen, whole or not at all.
func remember(dir string, s seen) error {
	if dir == "" {
		return errors.New("there is no directory for it")
	}
	text, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	text = append(text, '\n')
	name := seenFile(dir, s.Database)
	if old, err := os.ReadFile(name); err == nil && bytes.Equal(old, text) {
		return nil
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, ".new-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(text)
	if err == nil {
		err = f.Sync()
	}
	err = errors.Join(err, f.Close())
	if err == nil {
		err = os.Rename(f.Name(), name)
	}
	return err
}
