package main

import (
	"bytes"
	"os"
	"testing"
)

// What is checked in is what the tables give.
func TestGenerated(t *testing.T) {
	want, err := Generate()
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile("../headers.go")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("packet/headers.go is not what the tables give: run go generate ./packet")
	}
}
