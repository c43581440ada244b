package site

import (
	"bytes"
	"html/template"
	"net/http"
	"path"
	"strconv"
	"strings"
)

// listedBelow is where folders without a page of their own are shown as lists: clients of CSAF read
// these (CSAF 2.0 §7.1.14, directory listings).
const listedBelow = ".well-known/csaf/"

// listing is an entry of a folder.
type listing struct {
	Name string // of a folder with a slash at its end
	Size int    // bytes of a file
}

// list enters a file in its folders.
func (h *handler) list(name string, size int) {
	e := listing{path.Base(name), size}
	for folder := path.Dir(name); folder != "."; folder = path.Dir(folder) {
		known := h.folders[folder+"/"] != nil
		h.folders[folder+"/"] = append(h.folders[folder+"/"], e)
		if known {
			return
		}
		e = listing{Name: path.Base(folder) + "/"}
	}
}

var listingPage = template.Must(template.New("").Parse(`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{.Name}}</title>
<link rel="stylesheet" href="{{.Root}}site.css">
</head>
<body>
<main class="wide">
<h1>{{.Name}}</h1>
<ul>
<li><a href="../">Up</a></li>
{{- range .List}}
<li><a href="{{.Name}}">{{.Name}}</a>{{if .Size}} {{.Size}} bytes{{end}}</li>
{{- end}}
</ul>
</main>
</body>
</html>
`))

func (h *handler) sendListing(w http.ResponseWriter, r *http.Request, folder string,
	list []listing) {
	var out bytes.Buffer
	err := listingPage.Execute(&out, map[string]any{"Name": strings.TrimSuffix(folder, "/"),
		"List": list, "Root": relative(folder, "")})
	if err != nil {
		panic("site: BUG: " + err.Error())
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Length", strconv.Itoa(out.Len()))
	w.Header().Set("Cache-Control", "no-cache")
	if r.Method != http.MethodHead {
		w.Write(out.Bytes())
	}
}
