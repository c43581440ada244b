package lint

import (
	"fmt"

	"github.com/atoll-os/atoll/advisory"
	"github.com/atoll-os/atoll/advisory/sign"
)

// keys checks that what is published as a key is one, and can still be used or is revoked: a
// private half in that folder would be in everybody's hands soon.
func (k *checker) keys() {
	find := func(key advisory.PublicKey, hint, format string, args ...any) {
		k.all = append(k.all, advisory.Finding{File: key.File, Message: fmt.Sprintf(format, args...),
			Hint: hint})
	}
	files := map[string]string{} // by fingerprint
	for _, key := range k.c.Project.Keys {
		public, err := sign.ReadPublic(key.Armoured)
		if _, private := sign.Read(key.Armoured); private == nil {
			find(key, "remove it; if anybody could read it, revoke the key and make a new one",
				"it is a private key, and this folder is for public ones")
			continue
		}
		if err != nil {
			find(key, "gpg --armor --export FINGERPRINT writes one", "it is no public key: %v", err)
			continue
		}
		if err := public.ValidAt(k.o.Now); err != nil && !public.RevokedAt(k.o.Now) {
			find(key, "remove it; for the tree of a date in the past take the keys of then", "%v", err)
		}
		fingerprint := public.Fingerprint()
		if other := files[fingerprint]; other != "" {
			find(key, "remove one of them", "it is the key of %s", other)
		}
		files[fingerprint] = key.File
	}
}
