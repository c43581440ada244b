// The program does what a program without a Go runtime must not. The test of entropy/drbg/early
// shows with it that each of its gates can close.
package main

func main() {}

var sinf = sin

var (
	kept    []int
	anyKept any
	made    = make(map[int]int) // needs an initialiser, which nobody calls
)

func sin() {
	kept = append(kept, 1)
	anyKept = kept
	made[1] = 2
}
