// Package ip is what IPv4 and IPv6 have in common behind their headers: routes, the choice of a
// source address, fragments both ways, what is known of paths, and the two small machines that hand
// out identifications and leave to send ICMP errors.
//
// Each part stands alone and none knows the others: a stack puts them together. Every table has a
// limit, and what goes when it is full is decided by age alone, so that a run can be repeated.
//
//   - [Routes] finds the longest prefix (RFC 1812 §5.2.4.3).
//   - [SelectSource] is RFC 6724 §5.
//   - [Reassembler] and [Fragment] are RFC 791, RFC 8200 §4.5 and RFC 5722.
//   - [PathMTU] is what RFC 1191 and RFC 8201 have a host remember.
//   - [IDs] is RFC 6864 and RFC 7739, [Limiter] is RFC 4443 §2.4 (f).
package ip
