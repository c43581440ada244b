package main

import (
	"path"
	"strings"

	"github.com/atoll-os/atoll/image"
)

// readFiles reads the folders whose files go into the image: DIR or DIR:/PATH.
func (o *buildFlags) readFiles() (all []image.File, err error) {
	for _, text := range o.files {
		dir, at := text, "/"
		if i := strings.LastIndex(text, ":/"); i >= 0 {
			dir, at = text[:i], text[i+1:]
		}
		if dir == "" || at != path.Clean(at) {
			return nil, usagef("--files DIR:/PATH, with a path such as /srv/www", "--files %s", text)
		}
		files, err := image.ReadFolder(dir, at)
		if err != nil {
			return nil, err
		}
		all = append(all, files...)
	}
	return all, nil
}
