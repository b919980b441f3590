package protofile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/netwright/netwright/packet/layer"
)

const (
	maxFile  = 1 << 20 // bytes of one file
	maxFiles = 1000    // in one folder
)

// File is a protocol with the tests that stand beside it.
type File struct {
	Path  string
	Proto *layer.Proto
	Tests []Test
}

// Load reads the .yaml and .yml files of a folder, in the order of their names,
// or one file. It reports all mistakes, joined, each with its file.
func Load(path string) ([]File, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	paths := []string{path}
	if info.IsDir() {
		if paths, err = yamlFiles(path); err != nil {
			return nil, err
		}
	}
	var files []File
	var mistakes []error
	for _, p := range paths {
		found, err := loadFile(p)
		if err != nil {
			mistakes = append(mistakes, err)
		}
		files = append(files, found...)
	}
	return files, errors.Join(mistakes...)
}

func yamlFiles(dir string) ([]string, error) {
	var paths []string
	for _, pattern := range []string{"*.yaml", "*.yml"} {
		found, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil {
			return nil, err
		}
		paths = append(paths, found...)
	}
	slices.Sort(paths)
	switch {
	case len(paths) == 0:
		return nil, fmt.Errorf("%s: there is no .yaml file in the folder", dir)
	case len(paths) > maxFiles:
		return nil, fmt.Errorf("%s: more than %d files", dir, maxFiles)
	}
	return paths, nil
}

func loadFile(path string) ([]File, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, err
	}
	if len(text) > maxFile {
		return nil, fmt.Errorf("%s: a file of protocols has at most %d bytes", path, maxFile)
	}
	files, err := Parse(text)
	for i := range files {
		files[i].Path = path
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return files, nil
}

// Parse reads the protocols of one file.
func Parse(text []byte) ([]File, error) {
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	decoder.KnownFields(true)
	var files []File
	for {
		var raw rawProto
		if err := decoder.Decode(&raw); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, plain(err)
		}
		p, err := raw.proto()
		if err != nil {
			if raw.Name != "" {
				err = fmt.Errorf("protocol %s: %w", raw.Name, err)
			}
			return nil, err
		}
		file := File{Proto: p}
		for i := range raw.Tests {
			test, err := raw.Tests[i].test(p, i)
			if err != nil {
				return nil, fmt.Errorf("protocol %s: %w", raw.Name, err)
			}
			file.Tests = append(file.Tests, test)
		}
		files = append(files, file)
	}
	if files == nil {
		return nil, errors.New("there is no protocol in it")
	}
	return files, nil
}

// unknownKey is how the YAML package tells of one: by the names of our types.
var unknownKey = regexp.MustCompile(`field (\S+) not found in type protofile\.raw(\w+)`)

// plain is an error of the YAML package in the words of the file.
func plain(err error) error {
	text := strings.TrimPrefix(err.Error(), "yaml: ")
	text = strings.TrimPrefix(text, "construct errors: ")
	text = unknownKey.ReplaceAllStringFunc(text, func(s string) string {
		m := unknownKey.FindStringSubmatch(s)
		return fmt.Sprintf("there is no key %q in a %s", m[1], strings.ToLower(strings.TrimPrefix(m[2], "Proto")+map[bool]string{true: "protocol"}[m[2] == "Proto"]))
	})
	return errors.New(text)
}

// Protos are the protocols of files.
func Protos(files []File) []*layer.Proto {
	list := make([]*layer.Proto, len(files))
	for i := range files {
		list[i] = files[i].Proto
	}
	return list
}
