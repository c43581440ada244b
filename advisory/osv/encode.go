package osv

import (
	"encoding/json"
	"strings"
)

// IDBytesMax bounds an id.
const IDBytesMax = 80

// ValidID tells whether an id can be a file's name: letters, digits and "-._:+", beginning with a
// letter or digit, and with the "-" or "_" that follows a prefix (so none is called "all").
func ValidID(id string) bool {
	if len(id) > IDBytesMax || !strings.ContainsAny(id, "-_") {
		return false
	}
	for i := range len(id) {
		c := id[i]
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		case i > 0 && strings.IndexByte("-._:+", c) >= 0:
		default:
			return false
		}
	}
	return true
}

// Append appends the entry as one line of JSON. The same entry always gives the same bytes;
// "<", ">" and "&" in text are escaped, so a page that quotes it is not changed by it.
func (e *Entry) Append(b []byte) []byte { return append(b, encode(e)...) }

// encode writes a value of this package as one line; none of them can fail to be written.
func encode(v any) []byte {
	text, err := json.Marshal(v)
	if err != nil {
		panic("osv: BUG: write entry: " + err.Error())
	}
	return append(text, '\n')
}
