package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/netwright/netwright/config/decode"
)

// notZero refuses a 0 for flags of which a 0 that is typed would be taken for one
// that is not.
func notZero(cmd *cobra.Command, names ...string) error {
	for _, name := range names {
		if f := cmd.Flags().Lookup(name); f.Changed && f.Value.String() == "0" {
			return &usageError{fmt.Errorf("--%s 0: it must be 1 or more", name)}
		}
	}
	return nil
}

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

// rateFlag is a flag for a number per second, as 1000 or 1000/s.
type rateFlag struct{ n *float64 }

func (f rateFlag) String() string {
	if f.n == nil || *f.n == 0 {
		return ""
	}
	return decode.FormatRate(*f.n)
}

func (f rateFlag) Set(text string) (err error) {
	if !strings.Contains(text, "/") {
		text += "/s"
	}
	*f.n, err = decode.ParseRate(text)
	return err
}

func (f rateFlag) Type() string { return "rate" }
