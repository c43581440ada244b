// Package source has entropy sources.
package source
