// Package entropy turns noise sources into random streams.
package entropy
