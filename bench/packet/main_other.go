//go:build !linux

package main

import (
	"fmt"
	"os"
)

func main() {
	fmt.Fprintln(os.Stderr, "packet: this benchmark runs on Linux alone")
	os.Exit(1)
}
