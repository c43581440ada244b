package source

import "bytes"

// announcesGeneration tells whether a message of the kernel (Documentation/core-api/kobject.rst:
// "change@/devices/...", then NAME=value, each with a NUL behind it) says that the virtual machine
// was copied. Linux sends it since 6.10, after it has reseeded its own generator.
func announcesGeneration(message []byte) bool {
	head, rest, ok := bytes.Cut(message, []byte{0})
	if !ok || !bytes.HasPrefix(head, []byte("change@/")) {
		return false
	}
	for field := range bytes.SplitSeq(rest, []byte{0}) {
		if string(field) == "NEW_VMGENID=1" {
			return true
		}
	}
	return false
}
