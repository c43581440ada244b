package iperf

import (
	"errors"
	"fmt"
	"math"
	"strconv"
)

// integer is a whole JSON number, and nothing else: no text, no true, no null. Peers write large
// ones as 1e+10, and iperf3 3.12 writes -1 as 18446744073709551615.
type integer int64

// option is a number that means yes when it is there and not 0, as iperf3 sends options such as
// udp_counters_64bit.
type option bool

func (n *integer) UnmarshalJSON(b []byte) error {
	s := string(b)
	if v, err := strconv.ParseInt(s, 10, 64); err == nil {
		*n = integer(v)
		return nil
	}
	if v, err := strconv.ParseUint(s, 10, 64); err == nil {
		*n = integer(v) // two's complement: the sign comes back
		return nil
	}
	if c := b[0]; c != '-' && (c < '0' || c > '9') {
		return fmt.Errorf("%.20q is not a number", s)
	}
	v, err := strconv.ParseFloat(s, 64)
	if err != nil || v != math.Trunc(v) || math.Abs(v) >= 1<<63 {
		return fmt.Errorf("%.20q is not a whole number of 64 bits", s)
	}
	*n = integer(v)
	return nil
}

func (o *option) UnmarshalJSON(b []byte) error {
	var n integer
	if err := n.UnmarshalJSON(b); err != nil {
		return err
	}
	*o = n != 0
	return nil
}

// MarshalJSON returns 1 or 0.
func (o option) MarshalJSON() ([]byte, error) {
	if o {
		return []byte("1"), nil
	}
	return []byte("0"), nil
}

// switched is a JSON true or false, and nothing else; encoding/json by itself takes null too.
type switched bool

var errNotBool = errors.New("neither true nor false")

func (s *switched) UnmarshalJSON(b []byte) error {
	v, err := strconv.ParseBool(string(b))
	if err != nil || len(b) < 4 { // ParseBool takes t, T and 1 as well
		return errNotBool
	}
	*s = switched(v)
	return nil
}
