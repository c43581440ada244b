// Command web is an ordinary program with an HTTP server: it knows nothing of Atoll.
package main

import (
	"fmt"
	"log"
	"net/http"
)

func main() {
	http.HandleFunc("/{name}", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "Hello, %s!\n", r.PathValue("name"))
	})
	log.Fatal(http.ListenAndServe(":80", nil))
}
