package image

import (
	"os"
	"path/filepath"
	"testing"
)

// socketsImage writes the image of a program of testdata/sockets, a module of its own.
func socketsImage(t testing.TB, name string) string {
	t.Helper()
	here, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join("testdata/sockets", name)
	program, driver, err := CompileSockets(t.Context(), dir, ".", here)
	if err != nil {
		t.Fatal(err)
	}
	if !driver {
		t.Error("the program has no driver")
	}
	kernel, _ := theKernel(t)
	image, err := Build(kernel, program)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "image.elf")
	if err := os.WriteFile(file, image, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// TestSocketsServe: an ordinary program with an HTTP server, reached from outside.
func TestSocketsServe(t *testing.T) {
	s := startService(t, hypervisor(t), socketsImage(t, "web"), "ATOLL_IP=10.0.2.15/24,10.0.2.2")
	t.Logf("first answer after %v", s.first(t, "10.0.2.15:80"))
	perSecond, err := s.load("10.0.2.15:80", 1000)
	if err != nil {
		t.Errorf("1000 requests: %v\n%s", err, s.console.String())
	}
	t.Logf("%.0f requests/s", perSecond)
}
