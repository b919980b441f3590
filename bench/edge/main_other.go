//go:build !linux

package main

import (
	"fmt"
	"os"
)

func main() {
	fmt.Fprintln(os.Stderr, "bench/edge needs Linux: it pins processes and reads their CPU clocks")
	os.Exit(1)
}
