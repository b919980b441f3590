package main

import "github.com/netwright/netwright/config/decode"

// sizeFlag is a flag for a number of bytes, as 16MiB.
type sizeFlag struct{ n *int64 }

func (f sizeFlag) String() string {
	if f.n == nil || *f.n == 0 {
		return ""
	}
	return decode.FormatSize(*f.n)
}

func (f sizeFlag) Set(text string) (err error) {
	*f.n, err = decode.ParseSize(text)
	return err
}

func (f sizeFlag) Type() string { return "size" }
