package site

import (
	"bytes"
	"compress/gzip"
	"path"
	"strconv"
	"strings"
	"sync"
)

// contentTypes are fixed: package mime reads tables of the machine it runs on.
var contentTypes = map[string]string{
	".html":   "text/html; charset=utf-8",
	".css":    "text/css; charset=utf-8",
	".js":     "text/javascript; charset=utf-8",
	".json":   "application/json",
	".atom":   "application/atom+xml",
	".xml":    "application/xml",
	".txt":    "text/plain; charset=utf-8",
	".csv":    "text/csv; charset=utf-8",
	".sha256": "text/plain; charset=utf-8",
	".sha512": "text/plain; charset=utf-8",
	".md":     "text/markdown; charset=utf-8",
	".svg":    "image/svg+xml",
	".png":    "image/png",
	".zip":    "application/zip",
	".gz":     "application/gzip", // and never a Content-Encoding: readers unpack it themselves
	".asc":    "application/pgp-signature",
}

// contentType returns the media type of a file. An armoured file is a signature, a key or a text
// that is signed (RFC 3156 §5 to §7).
func contentType(name string) string {
	switch {
	case strings.HasPrefix(name, keyFolder):
		return "application/pgp-keys"
	case strings.HasSuffix(name, ".txt.asc"):
		return contentTypes[".txt"]
	}
	if t, ok := contentTypes[path.Ext(name)]; ok {
		return t
	}
	return "application/octet-stream"
}

// packBytesMin is the size from which on packing is worth it: less is one segment in any case.
const packBytesMin = 1200

// compressible tells whether a file may be packed on its way.
func compressible(name string, size int) bool {
	switch path.Ext(name) {
	case ".html", ".css", ".js", ".json", ".atom", ".xml", ".txt", ".csv", ".md", ".svg":
		return size >= packBytesMin
	}
	return false
}

// packed is a file after gzip, made when it is first asked for.
type packed struct {
	worth bool
	once  sync.Once
	data  []byte // nil: it is not smaller
}

func (p *packed) get(data []byte) []byte {
	p.once.Do(func() {
		if small := pack(data, gzip.BestCompression); len(small) < len(data) {
			p.data = small
		}
	})
	return p.data
}

// pack returns data after gzip.
func pack(data []byte, level int) []byte {
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, level)
	if err != nil {
		panic("site: BUG: " + err.Error())
	}
	z.Write(data)
	z.Close()
	return b.Bytes()
}

// takesGzip reads Accept-Encoding (RFC 9110 §12.5.3): the coding by name, not with the weight 0.
func takesGzip(accept string) bool {
	for coding := range strings.SplitSeq(accept, ",") {
		name, weight, _ := strings.Cut(coding, ";")
		if lower(strings.TrimSpace(name)) != "gzip" {
			continue
		}
		q, ok := strings.CutPrefix(lower(strings.TrimSpace(weight)), "q=")
		if !ok {
			return true
		}
		value, err := strconv.ParseFloat(strings.TrimSpace(q), 64)
		return err == nil && value > 0
	}
	return false
}
