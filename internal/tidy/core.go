package tidy

import (
	"go/ast"
	"go/token"
	"path"
	"slices"
	"strconv"
	"strings"
)

// Cores are the packages without goroutine, lock, timer, real time or I/O (DESIGN: ground and
// cores). What lies below one of them is one too.
var Cores = []string{"clock", "prng", "wire", "vnet", "tcpip", "entropy/health", "entropy/drbg",
	"entropy/assess"}

// IsCore tells whether the file is part of a core.
func IsCore(name string) bool {
	for _, c := range Cores {
		if strings.HasPrefix(name, c+"/") {
			return true
		}
	}
	return false
}

// bannedImports are what a core has no use for.
var bannedImports = []string{"os", "os/exec", "os/signal", "math/rand", "math/rand/v2",
	"crypto/rand", "net", "net/http", "syscall", "log", "log/slog", "context", "testing"}

// bannedNames are what a core may not use of packages that it may import.
var bannedNames = map[string][]string{
	"time": {"Now", "Since", "Until", "Sleep", "After", "AfterFunc", "Tick", "NewTimer", "NewTicker"},
	"sync": {"Mutex", "RWMutex", "WaitGroup", "Cond", "Once", "OnceFunc", "OnceValue", "OnceValues",
		"Map"},
}

// Excused are imports that one core may have all the same: "package import".
var Excused = []string{
	"prng math/rand/v2", // its PCG, which is seeded and specified
}

// core checks what a core must not do.
func (c *checker) core(fset *token.FileSet, file *ast.File) {
	line := func(n ast.Node) int { return fset.Position(n.Pos()).Line }
	for _, spec := range file.Imports {
		name, _ := strconv.Unquote(spec.Path.Value)
		excused := slices.Contains(Excused, path.Dir(c.path)+" "+name)
		if slices.Contains(bannedImports, name) && !excused {
			c.find(line(spec), "a core imports %s", name)
		}
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch x := n.(type) {
		case *ast.GoStmt:
			c.find(line(x), "a core starts a goroutine")
		case *ast.SelectStmt:
			c.find(line(x), "a core selects between channels")
		case *ast.SelectorExpr:
			if p, ok := x.X.(*ast.Ident); ok && slices.Contains(bannedNames[p.Name], x.Sel.Name) {
				c.find(line(x), "a core uses %s.%s", p.Name, x.Sel.Name)
			}
		}
		return true
	})
}
