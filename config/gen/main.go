// Command gen writes what is made from the Config structs: the JSON schema that
// editors read (config/schema.json) and the reference (docs/config.md). It runs
// by `go generate ./config`, and a test holds its output against the files.
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"

	"github.com/netwright/netwright/config"
)

func main() {
	files, err := generate("..")
	for name, data := range files {
		if err == nil {
			err = os.WriteFile(filepath.Join("..", name), data, 0o644)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

// generate returns the files to write, by name below root, the folder of go.mod.
func generate(root string) (map[string][]byte, error) {
	texts := newComments(root)
	t := reflect.TypeFor[config.Config]()
	schema, err := schema(t, texts)
	if err != nil {
		return nil, fmt.Errorf("schema: %w", err)
	}
	reference, err := reference(t, texts)
	if err != nil {
		return nil, fmt.Errorf("reference: %w", err)
	}
	return map[string][]byte{"config/schema.json": schema, "docs/config.md": reference}, nil
}
