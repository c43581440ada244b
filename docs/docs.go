// Package docs is the project's own documents, as files: what atoll demo serves, and what a website
// is made of.
package docs

import "embed"

// FS holds the documents.
//
//go:embed *.md
var FS embed.FS
