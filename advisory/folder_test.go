package advisory

import "testing"

func TestFolder(t *testing.T) {
	for _, c := range []struct{ ecosystem, module, want string }{
		{Go, "example.org/mod/v2", "example.org/mod/v2"},
		{Go, "example.org/Mod", "example.org/!mod"},
		{Go, "stdlib", "stdlib"}, {Go, "toolchain", "toolchain"},
		{Opam, "mirage-net-xen", "opam/mirage-net-xen"},
		{Go, "../x", ""}, {Go, "", ""}, {Go, "example.org/<script>", ""}, {Go, "nodot", ""},
		{Opam, "../x", ""}, {Opam, "", ""}, {"npm", "example.org/mod", ""},
	} {
		got, ok := (&Affected{Ecosystem: c.ecosystem, Module: c.module}).Folder()
		if ok != (c.want != "") || ok && got != c.want {
			t.Errorf("%s %q: %q, %t, want %q", c.ecosystem, c.module, got, ok, c.want)
		}
	}
}

func TestPrintable(t *testing.T) {
	in := "a\tb\n\x1b[31m\x00\u202e\ufeff\x9b \u00e9\xff\u0085"
	const bad = "\ufffd"
	want := "a\tb\n" + bad + "[31m" + bad + bad + bad + bad + " \u00e9" + bad + bad
	if got := Printable(in); got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
