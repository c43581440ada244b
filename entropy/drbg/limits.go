package drbg

import "errors"

// Limits of SP 800-90A Rev. 1 tables 2 and 3, equal for both mechanisms.
const (
	RequestBytesMax = 1 << 16 // 2^19 bits in one Generate
	RequestsMax     = 1 << 48 // Generate calls between reseeds
)

// ErrReseedRequired: RequestsMax requests were made since the last seed. Reseed, then go on.
var ErrReseedRequired = errors.New("drbg: reseed required")

var (
	errWiped   = errors.New("drbg: check state: not instantiated, or wiped")
	errRequest = errors.New("drbg: check request: more than 65536 bytes")
)

// checkRequest is what SP 800-90A §9.3.1 wants before bytes are generated.
func checkRequest(bytes int, requests uint64) error {
	switch {
	case requests == 0:
		return errWiped
	case bytes > RequestBytesMax:
		return errRequest
	case requests > RequestsMax:
		return ErrReseedRequired
	}
	return nil
}
