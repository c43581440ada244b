// Command day waits for 24 hours, with two tickers, and tells what the clocks say then.
package main

import (
	"fmt"
	"time"
)

func main() {
	begun := time.Now()
	hours, minutes := time.NewTicker(time.Hour), time.NewTicker(7*time.Minute)
	nHours, nMinutes, late := 0, 0, time.Duration(0)
	for nHours < 24 {
		select {
		case at := <-hours.C:
			nHours++
			late = max(late, at.Sub(begun)-time.Duration(nHours)*time.Hour)
		case at := <-minutes.C:
			nMinutes++
			late = max(late, at.Sub(begun)-time.Duration(nMinutes)*7*time.Minute)
		}
	}
	fmt.Println("hours", nHours, "sevens of minutes", nMinutes)
	monotonic, wall := time.Since(begun), time.Now().Round(0).Sub(begun.Round(0))
	fmt.Println("clocks agree", (monotonic-wall).Abs() < time.Millisecond)
	fmt.Println("late by less than 10 ms", late < 10*time.Millisecond)
	fmt.Println("date", time.Now().UTC().Format(time.DateOnly))
}
