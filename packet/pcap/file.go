package pcap

import (
	"fmt"
	"os"
)

// Open opens a capture file to be read; "-" is standard input. The Reader's
// Close closes it.
func Open(path string) (*Reader, error) {
	if path == "-" {
		r, err := NewReader(os.Stdin)
		if err != nil {
			return nil, fmt.Errorf("standard input: %w", err)
		}
		return r, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	r, err := NewReader(f)
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	r.closers = append(r.closers, func() { f.Close() })
	return r, nil
}

// Create makes a capture file, readable by its owner alone, or empties the
// one that is there; "-" is standard output, which stays open. Where the
// options leave it open, the name decides: x.pcapng is pcapng, any other name
// pcap with microseconds, and a .gz or .zst behind it packs. The Writer's
// Close closes the file, and must be asked for its error.
func Create(path string, link LinkType, opts *WriterOptions) (*Writer, error) {
	var o WriterOptions
	if opts != nil {
		o = *opts
	}
	format, comp := formatByName(path)
	if o.Format == FormatAuto {
		o.Format = format
	}
	if o.Compression == CompressAuto {
		o.Compression = comp
	}
	if path == "-" {
		return NewWriter(os.Stdout, link, &o)
	}
	if err := o.check(); err != nil { // before there is an empty file
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, err
	}
	w, err := NewWriter(f, link, &o)
	if err != nil {
		f.Close()
		return nil, err
	}
	w.closers = append(w.closers, f)
	return w, nil
}
