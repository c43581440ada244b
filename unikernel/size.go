package unikernel

import "github.com/atoll-os/atoll/internal/units"

// Size is a setting in bytes, read and printed with its unit: 64KiB, 1MB, 1500B.
type Size int64

// String returns the size in the shortest exact form.
func (s Size) String() string { return units.Size(int64(s)) }

// MarshalText returns the size as [Size.UnmarshalText] reads it.
func (s Size) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads a size with its unit; a bare number is an error.
func (s *Size) UnmarshalText(text []byte) error {
	v, err := units.ParseSize(string(text))
	if err == nil {
		*s = Size(v)
	}
	return err
}

// Rate is a setting in bit/s, read and printed with its unit: 100Mbit, 50MB/s.
type Rate int64

// String returns the rate in the shortest exact form.
func (r Rate) String() string { return units.Rate(int64(r)) }

// MarshalText returns the rate as [Rate.UnmarshalText] reads it.
func (r Rate) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText reads a rate with its unit; a bare number is an error.
func (r *Rate) UnmarshalText(text []byte) error {
	v, err := units.ParseRate(string(text))
	if err == nil {
		*r = Rate(v)
	}
	return err
}
