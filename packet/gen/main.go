// Command gen writes the typed headers of package packet from the tables of
// package proto: for each protocol a struct to build it from, and a view to read
// it by. It is run by go generate in the folder packet.
package main

import (
	"fmt"
	"os"
)

func main() {
	code, err := Generate()
	if err == nil {
		err = os.WriteFile("headers.go", code, 0o644)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}
