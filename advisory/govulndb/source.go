package govulndb

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"strings"
)

// Limits of what is read from a database that may be anybody's.
const (
	IndexBytesMax = 64 << 20 // unpacked; that of vuln.go.dev has less than 1 MiB
	ModulesMax    = 1 << 20
)

// Source is where the files of a database are. Read returns the bytes of one of at most so many
// bytes, by its path in the database ("index/modules.json"); a file that is not there is
// fs.ErrNotExist. A source of one's own can hold what is read against a manifest.
type Source interface {
	Read(ctx context.Context, path string, bytesMax int64) ([]byte, error)
}

// FS is a database in a directory, or in anything that is a file system.
func FS(fsys fs.FS) Source { return files{fsys} }

type files struct{ fsys fs.FS }

func (f files) Read(_ context.Context, path string, bytesMax int64) ([]byte, error) {
	in, err := f.fsys.Open(path)
	if err != nil {
		return nil, fmt.Errorf("govulndb: read: %w", err)
	}
	defer in.Close()
	return read(in, path, bytesMax)
}

// HTTP is a database below a URL, as vuln.go.dev is. Files are fetched compressed, as govulncheck
// does; a server that has them unpacked on the way does no harm. How long a request may take is
// the client's and the context's.
func HTTP(client *http.Client, base string) Source {
	return remote{client, strings.TrimRight(base, "/")}
}

type remote struct {
	client *http.Client
	base   string
}

func (r remote) Read(ctx context.Context, path string, bytesMax int64) ([]byte, error) {
	url := r.base + "/" + path + ".gz"
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, fmt.Errorf("govulndb: read %s: %w", path, err)
	}
	response, err := r.client.Do(request)
	if err != nil {
		return nil, fmt.Errorf("govulndb: read %s: %w", path, err)
	}
	defer response.Body.Close()
	switch response.StatusCode {
	case http.StatusOK:
	case http.StatusNotFound, http.StatusGone:
		return nil, fmt.Errorf("govulndb: read %s: %s: %w", url, response.Status, fs.ErrNotExist)
	default:
		return nil, fmt.Errorf("govulndb: read %s: %s", url, response.Status)
	}
	packed, err := read(response.Body, url, bytesMax)
	if err != nil || !bytes.HasPrefix(packed, []byte{0x1f, 0x8b}) {
		return packed, err
	}
	in, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, fmt.Errorf("govulndb: read %s: %w", url, err)
	}
	return read(in, url, bytesMax)
}

// read reads all of a file, but no more than its limit.
func read(in io.Reader, name string, bytesMax int64) ([]byte, error) {
	text, err := io.ReadAll(io.LimitReader(in, bytesMax+1))
	if err != nil {
		return nil, fmt.Errorf("govulndb: read %s: %w", name, err)
	}
	if int64(len(text)) > bytesMax {
		return nil, fmt.Errorf("govulndb: read %s: more than %d bytes", name, bytesMax)
	}
	return text, nil
}
