// Command work is a guest that needs all of the Go runtime: goroutines, garbage collection, timers,
// preemption of a busy loop, a fault that is recovered from, pipes, and times.
package main

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"sync"
	"time"
)

func main() {
	start := time.Now()
	fmt.Println("sum", goroutines())
	fmt.Println("garbage", garbage())
	fmt.Println("ticks", preempted())
	fmt.Println("recovered", recovered())
	fmt.Println("piped", piped())
	if wall := time.Now(); wall.Year() < 2024 {
		fmt.Println("wall time", wall)
	}
	if took := time.Since(start); len(os.Args) > 1 {
		fmt.Println("took", took.Nanoseconds())
	}
}

// goroutines adds numbers that a hundred of them send.
func goroutines() (sum int) {
	numbers := make(chan int)
	var all sync.WaitGroup
	for i := range 100 {
		all.Go(func() {
			time.Sleep(time.Duration(i%10) * time.Millisecond)
			numbers <- i
		})
	}
	go func() { all.Wait(); close(numbers) }()
	for n := range numbers {
		sum += n
	}
	return sum
}

// garbage makes a lot of it and says whether it was collected.
func garbage() string {
	kept := make([][]byte, 64)
	for i := range 20000 {
		kept[i%len(kept)] = make([]byte, 4096)
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	if m.NumGC == 0 || m.HeapInuse > 32<<20 {
		return fmt.Sprint("not collected: ", m.NumGC, " ", m.HeapInuse)
	}
	return "collected"
}

// preempted counts ticks beside a goroutine that never gives way.
func preempted() (ticks int) {
	var stop bool
	go func() {
		for n := 0; !stop; n++ {
		}
	}()
	ticker := time.NewTicker(10 * time.Millisecond)
	for range 5 {
		<-ticker.C
		ticks++
	}
	return ticks
}

// recovered dereferences nil.
func recovered() (what any) {
	defer func() { what = recover() }()
	var p *int
	return *p
}

// piped sends more through a pipe than it holds.
func piped() int64 {
	r, w, err := os.Pipe()
	if err != nil {
		fmt.Println(err)
		return 0
	}
	go func() {
		w.Write(make([]byte, 200000))
		w.Close()
	}()
	n, err := io.Copy(io.Discard, r)
	if err != nil {
		fmt.Println(err)
	}
	return n
}
