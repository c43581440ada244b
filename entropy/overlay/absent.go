//go:build !atoll_overlay

package overlay

// compiled returns the hook of crypto/internal/sysrand: none without the tag.
func compiled() *point { return nil }
