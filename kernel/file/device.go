package file

// device is a file under /dev.
type device struct {
	path string
	kind Kind
}

// devices are the files under /dev.
var devices = [...]device{
	{"/dev/null", Null}, {"/dev/zero", Zero}, {"/dev/random", Random}, {"/dev/urandom", Random},
	{"/dev/console", Console}, {"/dev/tty", Console}, {"/dev/ready", Ready},
}

// Equal compares without the conversion of a slice to a string.
func Equal(b []byte, s string) bool {
	if len(b) != len(s) {
		return false
	}
	for i := range b {
		if b[i] != s[i] {
			return false
		}
	}
	return true
}
