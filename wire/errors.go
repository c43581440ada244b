package wire

// Layer names the format that an [Error] is about.
type Layer uint8

// The layers of this package.
const (
	LayerEthernet Layer = iota
	LayerARP
	LayerIPv4
	LayerIPv6
	LayerExtension // IPv6 extension headers
	LayerICMPv4
	LayerICMPv6
	LayerNDP
	LayerUDP
	LayerTCP
	layerCount
)

var layerNames = [layerCount]string{
	"ethernet", "arp", "ipv4", "ipv6", "ipv6 extension", "icmp", "icmp6", "ndp", "udp", "tcp",
}

// String returns the name used in texts: "tcp".
func (l Layer) String() string {
	if l < layerCount {
		return layerNames[l]
	}
	return "layer ?"
}

// Code says what is wrong with the bytes.
type Code uint8

// What can be wrong.
const (
	Truncated   Code = iota // fewer bytes than the format, or its length field, says
	BadVersion              // not the version number of this protocol
	BadLength               // a length field that contradicts itself or the format
	BadChecksum             // the header's own checksum does not match
	BadOption               // an option with an impossible length or value
	BadType                 // a kind of message that the parser was not asked to read
	BadAddress              // an address that may not stand there
	TooMany                 // more headers or options than the named limit
	codeCount
)

var codeNames = [codeCount]string{
	"truncated", "bad version", "bad length", "bad checksum", "bad option", "bad type",
	"bad address", "too many",
}

// String returns the code in words: "bad length".
func (c Code) String() string {
	if c < codeCount {
		return codeNames[c]
	}
	return "code ?"
}

// Error is why bytes of a peer could not be parsed. Errors compare with ==, and returning one
// allocates nothing.
type Error struct {
	Layer Layer
	Code  Code
}

// Error returns "wire: tcp: truncated".
func (e Error) Error() string { return "wire: " + e.text() }

func (e Error) text() string { return e.Layer.String() + ": " + e.Code.String() }

// allErrors holds each Error already in an interface, so that a bad frame costs no allocation.
var allErrors = func() (all [layerCount][codeCount]error) {
	for l := range all {
		for c := range all[l] {
			all[l][c] = Error{Layer(l), Code(c)}
		}
	}
	return all
}()

func fail(l Layer, c Code) error { return allErrors[l][c] }
