package cert

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// A PEM file larger than this is not read: a chain takes some 10 KiB, the
// bundle of all public roots some 250 KiB.
const maxFile = 4 << 20

// readLimited reads a whole file of at most maxFile bytes.
func readLimited(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, err
	}
	if len(data) > maxFile {
		return nil, fmt.Errorf("%s: larger than %d MiB, which no certificate file is", path, maxFile>>20)
	}
	return data, nil
}

// tempFile writes data to a new file of that mode in dir and returns its path.
func tempFile(dir string, data []byte, mode os.FileMode) (path string, err error) {
	f, err := os.CreateTemp(dir, ".new-*")
	if err != nil {
		return "", err
	}
	_, err = f.Write(data)
	err = errors.Join(err, f.Chmod(mode), f.Sync(), f.Close())
	if err != nil {
		return "", errors.Join(err, os.Remove(f.Name()))
	}
	return f.Name(), nil
}

// WriteFile puts data at path in one step: a reader sees the old file or the
// whole new one, with that mode.
func WriteFile(path string, data []byte, mode os.FileMode) error {
	temp, err := tempFile(filepath.Dir(path), data, mode)
	if err != nil {
		return err
	}
	if err := os.Rename(temp, path); err != nil {
		return errors.Join(err, os.Remove(temp))
	}
	return nil
}
