package bench

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// checkDir is where scenes are made; TestMain removes it.
var checkDir string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "atoll-bench-*")
	if err != nil {
		panic(err)
	}
	checkDir = dir
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

// checkModified is when every record was changed.
const checkModified = "2026-06-01T00:00:00Z"

// checkRecord is a made-up record: about a module, from one version to another, with symbols.
type checkRecord struct {
	id, module, introduced, fixed, pkg string
	symbols                            []string
}

// checkDatabase are the records: of the standard library, two of each sixth module of the program,
// and the rest of modules that the program does not have.
func checkDatabase(r *rand.Rand) (list []checkRecord) {
	add := func(c checkRecord) {
		c.id = fmt.Sprintf("GO-2026-%04d", len(list)+1)
		list = append(list, c)
	}
	for i := range stdRecords {
		c := checkRecord{module: "stdlib", introduced: "0",
			fixed: fmt.Sprintf("1.%d.%d", 10+i%15, i%9), pkg: "net/http",
			symbols: []string{"ListenAndServe"}}
		switch i % 20 { // some are about what is here
		case 0:
			c.fixed = "1.99.0"
		case 1:
			c.fixed, c.pkg, c.symbols = "1.99.0", "net/http", []string{"ReadResponse"}
		case 2:
			c.fixed, c.pkg, c.symbols = "1.99.0", "archive/tar", nil
		}
		add(c)
	}
	for i := 0; i < checkModules; i += 6 {
		for k := range 2 {
			c := checkRecord{module: moduleName(i), introduced: "0",
				fixed: fmt.Sprintf("1.%d.0", r.IntN(10)),
				pkg:   moduleName(i), symbols: []string{"Used"}}
			switch (i/6 + k) % 4 {
			case 1:
				c.symbols = []string{"Unused"}
			case 2:
				c.symbols = []string{"T.Value"}
			case 3:
				c.pkg += "/sub"
			}
			add(c)
		}
	}
	for len(list) < checkRecords {
		module := fmt.Sprintf("example.com/other%d", r.IntN(1200))
		add(checkRecord{module: module, introduced: "1.0.0", fixed: "1.5.0", pkg: module,
			symbols: []string{"F"}})
	}
	return list
}

// writeDatabase writes a Go vulnerability database, uncompressed, as both read it from a disk.
func writeDatabase(tb testing.TB, dir string, r *rand.Rand) {
	tb.Helper()
	type object = map[string]any
	vulns := map[string][]object{}
	var metas []object
	for _, c := range checkDatabase(r) {
		entry := object{
			"schema_version": "1.3.1", "id": c.id, "modified": checkModified,
			"published": checkModified, "summary": "Made up: " + c.module,
			"details": strings.Repeat("Made up, and as long as such texts are. ", 20),
			"affected": []object{{
				"package": object{"name": c.module, "ecosystem": "Go"},
				"ranges": []object{{"type": "SEMVER",
					"events": []object{{"introduced": c.introduced}, {"fixed": c.fixed}}}},
				"ecosystem_specific": object{
					"imports": []object{{"path": c.pkg, "symbols": c.symbols}}},
			}},
			"references":        []object{{"type": "WEB", "url": "https://example.org/" + c.id}},
			"database_specific": object{"url": "https://example.org/" + c.id, "review_status": "REVIEWED"},
		}
		put(tb, filepath.Join(dir, "ID", c.id+".json"), text(tb, entry))
		vulns[c.module] = append(vulns[c.module],
			object{"id": c.id, "modified": checkModified, "fixed": c.fixed})
		metas = append(metas, object{"id": c.id, "modified": checkModified})
	}
	var modules []object
	for _, path := range slices.Sorted(maps.Keys(vulns)) {
		modules = append(modules, object{"path": path, "vulns": vulns[path]})
	}
	put(tb, filepath.Join(dir, "index", "db.json"), text(tb, object{"modified": checkModified}))
	put(tb, filepath.Join(dir, "index", "modules.json"), text(tb, modules))
	put(tb, filepath.Join(dir, "index", "vulns.json"), text(tb, metas))
}

func text(tb testing.TB, v any) []byte {
	tb.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		tb.Fatal(err)
	}
	return b
}
