package config

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/netwright/netwright/config/decode"
)

// Load reads the file and checks all of it, also that the files which it names
// are there. Where the file cannot be read the error says so; for all that is
// wrong in it the error is of the type [decode.Problems], one problem per line.
func Load(path string) (*Config, error) {
	data, err := read(path)
	if err != nil {
		return nil, fmt.Errorf("reading the config: %w", err)
	}
	full, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("reading the config: %w", err)
	}
	c, err := parse(path, data, &decode.Options{Dir: filepath.Dir(full), CheckFiles: true})
	if err != nil {
		return nil, err
	}
	c.path = full
	return c, nil
}

// read reads no more of the file than tells that it is too large.
func read(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, decode.MaxFile+1))
}

// Parse is Load for what was read already: name is for messages, and relative
// file names start from its folder. It looks for none of the files that the
// config names, save those of ${file:…}.
func Parse(name string, data []byte) (*Config, error) {
	dir, err := filepath.Abs(filepath.Dir(name))
	if err != nil {
		return nil, fmt.Errorf("reading the config: %w", err)
	}
	return parse(name, data, &decode.Options{Dir: dir})
}

func parse(name string, data []byte, o *decode.Options) (*Config, error) {
	c := &Config{}
	o.Variables = variables
	doc, err := decode.Decode(name, data, c, o)
	var problems decode.Problems
	if err != nil && !errors.As(err, &problems) {
		return nil, err
	}
	c.doc = doc
	if doc.Has() && c.Console.Listen != "" { // it has a default where the file is a mapping
		problems = append(problems, check(c, err == nil)...).Sorted()
	}
	for _, p := range slices.Concat(problems, c.warnings) {
		p.Message = doc.Hide(p.Message)
	}
	if len(problems) > 0 {
		return nil, problems
	}
	c.nameRoutes()
	return c, nil
}
