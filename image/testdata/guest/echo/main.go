// Command echo is a guest that sends back each frame that comes to its network card, until one
// comes that says "stop".
package main

import (
	"bytes"
	"fmt"
	"os"
)

func main() {
	info, err := os.ReadFile("/dev/net0.info")
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Printf("%s", info)
	card, err := os.OpenFile("/dev/net0", os.O_RDWR, 0)
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	frame := make([]byte, 2048)
	for frames := 0; ; frames++ {
		n, err := card.Read(frame)
		if err == nil && bytes.HasPrefix(frame[14:n], []byte("stop")) {
			fmt.Println("stopped after", frames)
			return
		}
		if err == nil {
			_, err = card.Write(frame[:n])
		}
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
	}
}
