package entropy

import "context"

// Stream is a random stream.
type Stream struct{}

// Read fills p with random bytes.
func (st *Stream) Read(p []byte) (int, error) { return 0, nil }

// ReadContext is Read that gives up waiting for readiness when ctx ends.
func (st *Stream) ReadContext(ctx context.Context, p []byte) (int, error) { return 0, nil }
